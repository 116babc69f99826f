import type { EndpointSlice, IPFamily } from '../../app/kubernetes/objects.ts';
import { EndpointsChangeTracker } from '../../app/proxy/endpoints-change-tracker.ts';
import { type EndpointsMap, serviceOfSlice } from '../../app/proxy/endpoints-map.ts';
import { ServiceChangeTracker } from '../../app/proxy/service-change-tracker.ts';
import type { ServicePortMap } from '../../app/proxy/service-map.ts';
import type { ServicePortInfo } from '../../app/proxy/service-port.ts';

/** What should be on the node in one IP family: as last written, and what changed since. */
export class FamilyState {
  readonly family: IPFamily;
  readonly services: ServiceChangeTracker;
  readonly endpoints: EndpointsChangeTracker;
  readonly servicePorts: ServicePortMap = new Map();
  readonly endpointsByPort: EndpointsMap = new Map();
  #deletedPorts: ServicePortInfo[] = [];
  #conntrackCleanupDue = false;

  constructor(family: IPFamily, nodeName: string) {
    this.family = family;
    this.services = new ServiceChangeTracker(family);
    this.endpoints = new EndpointsChangeTracker({ family, nodeName });
  }

  /** A slice may change its Service, by its label, and under its name another family's may be made: the old one goes. */
  sliceChanged(previous: EndpointSlice | undefined, current: EndpointSlice | undefined): void {
    if (previous && (!current || !isSamePlace(previous, current))) this.endpoints.update(previous, true);
    if (current) this.endpoints.update(current);
  }

  get pending(): boolean {
    return this.services.pending || this.endpoints.pending;
  }

  /** Takes the changes over into what should be. What they oblige to is kept until `cleaned`. */
  applyChanges(): void {
    const services = this.services.apply(this.servicePorts);
    const endpoints = this.endpoints.apply(this.endpointsByPort);
    this.#deletedPorts.push(...services.deletedPorts);
    const udpTouched =
      services.deletedPorts.some((port) => port.protocol === 'UDP') ||
      [...this.servicePorts.values()].some(
        (port) =>
          port.protocol === 'UDP' && services.updatedServices.has(`${port.name.namespace}/${port.name.name}`),
      );
    this.#conntrackCleanupDue ||= udpTouched || endpoints.conntrackCleanupRequired;
  }

  /** UDP flows may lead where they no longer should. */
  get conntrackCleanupDue(): boolean {
    return this.#conntrackCleanupDue;
  }

  /** Service ports that have gone since the last cleaning. */
  get deletedPorts(): readonly ServicePortInfo[] {
    return this.#deletedPorts;
  }

  cleaned(): void {
    this.#deletedPorts = [];
    this.#conntrackCleanupDue = false;
  }
}

function isSamePlace(a: EndpointSlice, b: EndpointSlice): boolean {
  return a.addressType === b.addressType && serviceOfSlice(a) === serviceOfSlice(b);
}
