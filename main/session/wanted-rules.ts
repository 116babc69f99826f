/** The rules that a kube-proxy would write for the cluster as it is, in any mode: for previews and exports. */
import type { EndpointSlice, IPFamily, Node, Service, ServiceCIDR } from '../../app/kubernetes/objects.ts';
import { objectKey } from '../../app/kubernetes/objects.ts';
import { buildRuleset, type Dialect } from '../../app/proxy/build-ruleset.ts';
import type { ProxyConfiguration, ProxyMode } from '../../app/proxy/configuration.ts';
import { resolveNode } from '../../app/proxy/node.ts';
import { proxierState } from '../../app/proxy/proxier-state.ts';
import type { Ruleset } from '../../app/ruleset/model.ts';
import { formatOrigin } from '../../app/ruleset/origin.ts';
import type { ClusterObjects } from '../cluster/cluster-objects.ts';
import type { AttachedNode } from './attached-node.ts';

export interface WantedRulesOptions {
  /** The node that the rules are for, where one is attached: what it can do, and the ports in use there. */
  attached: Pick<AttachedNode, 'engine' | 'target'> | null;
  objects: ClusterObjects;
  configuration: ProxyConfiguration;
  nodeName: string;
}

export interface WantedRequest {
  mode: ProxyMode;
  dialect: Dialect;
  families: readonly IPFamily[];
  /** `namespace/name` of the Services; null: all. */
  services: readonly string[] | null;
  /** Whether rules count with nfacct objects; absent: where the node can. */
  nfacct?: boolean;
}

export interface WantedRules {
  rulesets: Ruleset[];
  /** What the rules leave out, in words. */
  warnings: string[];
  /** Ports that the userspace proxy listens on for them. */
  listeners: number;
}

export async function wantedRules(options: WantedRulesOptions, request: WantedRequest): Promise<WantedRules> {
  const { attached, objects, configuration, nodeName } = options;
  const chosen = request.services && new Set(request.services);
  const services = objects.list<Service>('services').filter((service) => proxied(service, chosen));
  const node = objects.get<Node>('nodes', { name: nodeName });
  const snapshot = {
    services,
    slices: objects.list<EndpointSlice>('endpointslices'),
    configuration,
    node: resolveNode({
      name: nodeName,
      bindAddresses: configuration.bindAddresses,
      ...(node ? { node } : {}),
    }),
    capabilities: { nfacct: request.nfacct ?? attached?.engine.capabilities?.nfacct.available ?? false },
  };
  const serviceCIDRs = objects.list<ServiceCIDR>('servicecidrs');
  const proxyPorts = request.mode === 'userspace' ? await listeningPorts(options) : undefined;
  const states = request.families.map((family) => ({
    ...proxierState(snapshot, family),
    ...(proxyPorts?.[family] ? { proxyPorts: proxyPorts[family] } : {}),
    serviceCIDRs,
  }));
  const rulesets = states.map((state) => buildRuleset(request.mode, request.dialect, state));
  const warnings = rulesets.flatMap(({ omissions }) =>
    omissions.map(({ origin, reason }) => `${formatOrigin(origin)}: ${reason}`),
  );
  const served = states.reduce((sum, { services: ports }) => sum + ports.size, 0);
  return {
    rulesets,
    warnings: [...new Set(warnings)],
    listeners: request.mode === 'userspace' ? served : 0,
  };
}

/** kube-proxy's own selection: headless Services and another proxy's are not its business. */
function proxied(service: Service, chosen: ReadonlySet<string> | null): boolean {
  const labels = service.metadata?.labels ?? {};
  if ('service.kubernetes.io/headless' in labels || 'service.kubernetes.io/service-proxy-name' in labels) {
    return false;
  }
  return chosen === null || chosen.has(objectKey(service));
}

/** The ports the relay listens on now; undefined where it does not run: they are then chosen by name. */
async function listeningPorts({
  attached,
}: WantedRulesOptions): Promise<Partial<Record<IPFamily, Map<string, number>>> | undefined> {
  if (attached?.engine.mode !== 'userspace') return undefined;
  const statistics = await attached.target.userspace.statistics();
  if (!statistics) return undefined;
  const ports = { IPv4: new Map<string, number>(), IPv6: new Map<string, number>() };
  for (const { key, protocol, family, proxyPort, state } of statistics.listeners) {
    if (state === 'serving') ports[family].set(`${key}:${protocol}`, proxyPort);
  }
  return ports;
}
