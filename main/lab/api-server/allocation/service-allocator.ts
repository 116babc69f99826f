import type { IPFamily, Service, ServicePort, ServiceSpec } from '../../../../app/kubernetes/objects.ts';
import { type FieldError, invalid } from '../../../../app/kubernetes/validation/field-error.ts';
import { ApiError, internalError } from '../api-error.ts';
import { objectPath } from '../api-object.ts';
import type { Allocation } from '../resources/resource.ts';
import { normalizeClusterIPs, patchAllocatedValues } from '../resources/service-transitions.ts';
import {
  isHeadless,
  needsClusterIP,
  needsHealthCheckNodePort,
  needsNodePort,
  nodePortsOf,
  specOf,
  usesNodePorts,
} from '../resources/service-type.ts';
import type { Write } from '../storage/object-store.ts';
import { AddressUnavailableError, type ClusterIPAllocator } from './cluster-ip-allocator.ts';
import { giveBackAddress, takeAddress } from './ip-address-object.ts';
import { keepsPreferDualStack, settleIPFamilies } from './ip-families.ts';
import {
  type NodePortAllocator,
  type NodePortOperation,
  PortUnavailableError,
} from './node-port-allocator.ts';

export interface ServiceAllocatorOptions {
  /** One for each family of the cluster, the default family first. */
  clusterIPs: ClusterIPAllocator[];
  nodePorts: NodePortAllocator;
  /** Makes the 422 of a Service. */
  invalid(service: Service, errors: FieldError[]): ApiError;
  /** Throws where the fields about addresses contradict each other, before any of them is acted upon. */
  validateAddressFields(service: Service): void;
}

/**
 * Addresses and ports of Services: what is taken, kept, changed and given back when a Service is made,
 * updated or removed (the real server's `core/service/storage/alloc.go`). Nothing is taken before the
 * caller writes `Allocation.writes` and calls `commit`, so that a refused object changes nothing.
 */
export class ServiceAllocator {
  readonly #options: ServiceAllocatorOptions;
  readonly #families: IPFamily[];

  constructor(options: ServiceAllocatorOptions) {
    this.#options = options;
    this.#families = options.clusterIPs.map((allocator) => allocator.family);
  }

  /** Notes the node ports of a Service read from the store. */
  restore(service: Service): void {
    const spec = specOf(service);
    for (const port of nodePortsOf(spec)) this.#options.nodePorts.restore(port);
    if (spec.healthCheckNodePort) this.#options.nodePorts.restore(spec.healthCheckNodePort);
  }

  /** Fills in what is allocated. @throws ApiError */
  allocateCreate(service: Service, dryRun: boolean): Allocation {
    normalizeClusterIPs(service, undefined);
    this.#settleFamilies(service, undefined);
    const writes = this.#takeClusterIPs(service, dryRun);
    const ports = this.#options.nodePorts.begin(dryRun);
    const spec = specOf(service);
    if (usesNodePorts(spec)) this.#allocateNodePorts(service, ports);
    if (needsHealthCheckNodePort(spec)) allocateHealthCheckPort(spec, ports);
    return { writes, commit: () => ports.commit() };
  }

  /** Fills in what is allocated or kept. @throws ApiError */
  allocateUpdate(service: Service, old: Service, dryRun: boolean): Allocation {
    patchAllocatedValues(service, old);
    normalizeClusterIPs(service, old);
    this.#settleFamilies(service, old);
    const writes = this.#updateClusterIPs(service, old, dryRun);
    const ports = this.#options.nodePorts.begin(dryRun);
    const [after, before] = [specOf(service), specOf(old)];
    if (usesNodePorts(before) && !usesNodePorts(after)) {
      for (const port of nodePortsOf(before)) ports.releaseDeferred(port);
    }
    if (usesNodePorts(after)) this.#updateNodePorts(service, old, ports);
    if (!needsHealthCheckNodePort(before) && needsHealthCheckNodePort(after))
      allocateHealthCheckPort(after, ports);
    if (needsHealthCheckNodePort(before) && !needsHealthCheckNodePort(after) && before.healthCheckNodePort) {
      ports.releaseDeferred(before.healthCheckNodePort);
    }
    return { writes, commit: () => ports.commit() };
  }

  /** Gives back all that a removed Service had; its Endpoints go at once, so that its name can be used again. */
  release(service: Service): Allocation {
    const spec = specOf(service);
    const ports = this.#options.nodePorts.begin(false);
    for (const port of nodePortsOf(spec)) ports.releaseDeferred(port);
    if (spec.healthCheckNodePort) ports.releaseDeferred(spec.healthCheckNodePort);
    const addresses = needsClusterIP(spec) && !isHeadless(spec) ? (spec.clusterIPs ?? []) : [];
    const { namespace, name = '' } = service.metadata ?? {};
    return {
      writes: [
        ...addresses.map(giveBackAddress),
        { resource: 'endpoints', key: objectPath(namespace, name), object: null },
      ],
      commit: () => ports.commit(),
    };
  }

  #settleFamilies(service: Service, old: Service | undefined): void {
    if (needsClusterIP(specOf(service))) this.#options.validateAddressFields(service);
    const problems = settleIPFamilies(service, old, this.#families);
    if (problems.length > 0) throw this.#options.invalid(service, problems);
  }

  /** Takes an address of each family that has none yet, and those the client asks for. */
  #takeClusterIPs(service: Service, dryRun: boolean): Write[] {
    const spec = specOf(service);
    if (!needsClusterIP(spec) || isHeadless(spec)) return [];
    const addresses = (spec.ipFamilies ?? []).map((family, index) =>
      this.#takeAddress(service, family, spec.clusterIPs?.[index] ?? '', dryRun),
    );
    spec.clusterIPs = addresses;
    spec.clusterIP = addresses[0] ?? '';
    return dryRun ? [] : addresses.map((address) => takeAddress(address, service));
  }

  #takeAddress(service: Service, family: IPFamily, asked: string, dryRun: boolean): string {
    const allocator = this.#options.clusterIPs.find((item) => item.family === family);
    if (!allocator) throw internalError(`no allocator for ${family}`);
    try {
      if (asked === '') return allocator.next(dryRun);
      allocator.check(asked, dryRun);
      return asked;
    } catch (error) {
      if (!(error instanceof AddressUnavailableError)) throw error;
      if (asked === '') throw internalError(`failed to allocate a serviceIP: ${error.message}`);
      const message = `failed to allocate IP ${asked}: ${error.message}`;
      throw this.#options.invalid(service, [invalid('spec.clusterIPs', specOf(service).clusterIPs, message)]);
    }
  }

  #updateClusterIPs(service: Service, old: Service, dryRun: boolean): Write[] {
    const [after, before] = [specOf(service), specOf(old)];
    if (keepsPreferDualStack(service, old)) return [];
    if (!needsClusterIP(before)) return needsClusterIP(after) ? this.#takeClusterIPs(service, dryRun) : [];
    if (isHeadless(before)) return [];
    const held = before.clusterIPs ?? [];
    if (!needsClusterIP(after)) return dryRun ? [] : held.map(giveBackAddress);
    const [familiesBefore, familiesAfter] = [before.ipFamilies?.length ?? 0, after.ipFamilies?.length ?? 0];
    if (familiesBefore === 1 && familiesAfter === 2) return this.#takeSecond(service, dryRun);
    const second = held[1];
    if (familiesBefore === 2 && familiesAfter === 1 && second && !dryRun) return [giveBackAddress(second)];
    return [];
  }

  #takeSecond(service: Service, dryRun: boolean): Write[] {
    const spec = specOf(service);
    const family = spec.ipFamilies?.[1];
    const [first = '', asked = ''] = spec.clusterIPs ?? [];
    if (!family) return [];
    const address = this.#takeAddress(service, family, asked, dryRun);
    spec.clusterIPs = [first, address];
    return dryRun ? [] : [takeAddress(address, service)];
  }

  /** Ports of the same number share a node port: TCP and UDP of a name server. */
  #allocateNodePorts(service: Service, operation: NodePortOperation): void {
    const spec = specOf(service);
    const byPort = new Map<number, number>();
    for (const [index, port] of (spec.ports ?? []).entries()) {
      if (!port.nodePort && !needsNodePort(spec)) continue;
      const shared = byPort.get(port.port);
      if (shared === undefined) {
        const asked = requestedNodePort(port.port, spec.ports ?? []);
        const nodePort = asked ? this.#takePort({ service, index, asked, operation }) : nextPort(operation);
        port.nodePort = nodePort;
        byPort.set(port.port, nodePort);
      } else if (!port.nodePort) {
        port.nodePort = shared;
      } else if (port.nodePort !== shared) {
        this.#takePort({ service, index, asked: port.nodePort, operation });
      }
    }
  }

  #updateNodePorts(service: Service, old: Service, operation: NodePortOperation): void {
    const spec = specOf(service);
    const before = new Set(nodePortsOf(specOf(old)));
    const taken = new Set<number>();
    const seen = new Set<string>();
    for (const [index, port] of (spec.ports ?? []).entries()) {
      if (!port.nodePort && !needsNodePort(spec)) continue;
      if (!port.nodePort) port.nodePort = nextPort(operation);
      else if (!before.has(port.nodePort) && !taken.has(port.nodePort)) {
        taken.add(this.#takePort({ service, index, asked: port.nodePort, operation }));
      }
      const identity = `{${port.protocol ?? 'TCP'} ${port.nodePort}}`;
      if (seen.has(identity)) throw new ApiError(500, '', `duplicate nodePort: ${identity}`);
      seen.add(identity);
    }
    const after = new Set(nodePortsOf(spec));
    for (const port of before) if (!after.has(port)) operation.releaseDeferred(port);
  }

  #takePort(request: {
    service: Service;
    index: number;
    asked: number;
    operation: NodePortOperation;
  }): number {
    const { service, index, asked, operation } = request;
    try {
      operation.allocate(asked);
      return asked;
    } catch (error) {
      if (!(error instanceof PortUnavailableError)) throw error;
      throw this.#options.invalid(service, [invalid(`spec.ports[${index}].nodePort`, asked, error.message)]);
    }
  }
}

function requestedNodePort(port: number, ports: ServicePort[]): number {
  return ports.find((item) => item.port === port && item.nodePort)?.nodePort ?? 0;
}

function nextPort(operation: NodePortOperation): number {
  try {
    return operation.allocateNext();
  } catch (error) {
    if (!(error instanceof PortUnavailableError)) throw error;
    throw internalError(`failed to allocate a nodePort: ${error.message}`);
  }
}

function allocateHealthCheckPort(spec: ServiceSpec, operation: NodePortOperation): void {
  const asked = spec.healthCheckNodePort;
  try {
    if (asked) operation.allocate(asked);
    else spec.healthCheckNodePort = operation.allocateNext();
  } catch (error) {
    if (!(error instanceof PortUnavailableError)) throw error;
    const what = asked ? `requested HealthCheck NodePort ${asked}` : 'a HealthCheck NodePort 0';
    throw internalError(`failed to allocate ${what}: ${error.message}`);
  }
}
