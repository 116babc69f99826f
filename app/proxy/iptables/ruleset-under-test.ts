/** One Service with its endpoints and what the iptables mode makes of it: for tests, which ask chain by chain. */
import type { Endpoint, EndpointSlice, IPFamily, Service, ServiceSpec } from '../../kubernetes/objects.ts';
import { printRuleBody } from '../../ruleset/iptables-print.ts';
import type { IptablesRule, IptablesRuleset } from '../../ruleset/model.ts';
import { readConfiguration } from '../configuration-reader.ts';
import { resolveNode } from '../node.ts';
import { proxierState } from '../proxier-state.ts';
import { buildIptablesRuleset } from './ruleset.ts';

/*
 * The plan: node lab-node 10.0.0.5 / fd00:10::5; pods here 10.244.0.x, elsewhere 10.244.1.x;
 * cluster IPs 10.254.0.x; external 203.0.113.x; load balancer 192.0.2.x.
 * The port's hash is that of default/web and tcp, endpoints are .1 (here) and .2 (elsewhere), port 8080.
 */
const HASH = 'LOLE4ISW44XBNF3G';
export const CIDR = 'detectLocalMode: ClusterCIDR\nclusterCIDR: 10.244.0.0/16,fd00:10:244::/56\n';

export interface Given {
  spec?: ServiceSpec;
  ingress?: { ip: string; ipMode?: 'VIP' | 'Proxy' }[];
  endpoints?: Endpoint[];
  config?: string;
  family?: IPFamily;
  nfacct?: boolean;
}

export const HERE: Endpoint = { addresses: ['10.244.0.1'], nodeName: 'lab-node' };
export const ELSEWHERE: Endpoint = { addresses: ['10.244.1.2'], nodeName: 'other-node' };

export function build({
  spec = {},
  ingress = [],
  endpoints = [HERE, ELSEWHERE],
  config = CIDR,
  family = 'IPv4',
  nfacct = true,
}: Given): IptablesRuleset {
  const service: Service = {
    metadata: { name: 'web', namespace: 'default' },
    spec: { clusterIP: family === 'IPv4' ? '10.254.0.1' : 'fd00:10:254::1', ports: [{ port: 80 }], ...spec },
    status: { loadBalancer: { ingress } },
  };
  const slice: EndpointSlice = {
    metadata: { name: 'web-a', namespace: 'default', labels: { 'kubernetes.io/service-name': 'web' } },
    addressType: family,
    ports: [{ name: '', port: 8080, protocol: spec.ports?.[0]?.protocol ?? 'TCP' }],
    endpoints,
  };
  const head = 'apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n';
  const node = resolveNode({ name: 'lab-node', addresses: ['10.0.0.5', 'fd00:10::5'] });
  const { configuration } = readConfiguration(head + config);
  const snapshot = { services: [service], slices: [slice], configuration, node, capabilities: { nfacct } };
  return buildIptablesRuleset('current', proxierState(snapshot, family));
}

function chainRules(ruleset: IptablesRuleset, table: string, chain: string): IptablesRule[] | undefined {
  return ruleset.tables.find(({ name }) => name === table)?.chains.find(({ name }) => name === chain)?.rules;
}

/** A chain's rules as text, with the port's hash and endpoints' chains in words; undefined for no chain. */
export function chain(given: Given, table: string, name: string): string[] | undefined {
  const ruleset = build(given);
  const rules = chainRules(ruleset, table, name.replace('#', HASH));
  return rules?.map((rule) => printRuleBody(rule).replaceAll(HASH, '#'));
}

export const NODE_PORT: ServiceSpec = { type: 'NodePort', ports: [{ port: 80, nodePort: 30080 }] };
export const LOAD_BALANCER: ServiceSpec = { type: 'LoadBalancer', ports: [{ port: 80, nodePort: 30080 }] };
export const LOCAL: ServiceSpec = { externalTrafficPolicy: 'Local' };

export const NOTE =
  '-m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain"';
export const TO_NODE_PORTS = `${NOTE} -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS`;
export const CLUSTER_IP =
  '-d 10.254.0.1/32 -p tcp -m comment --comment "default/web cluster IP" -m tcp --dport 80';

export function chainNames(given: Given): string[] {
  const nat = build(given).tables.find(({ name }) => name === 'nat');
  return (nat?.chains ?? []).map(({ name }) => name);
}
