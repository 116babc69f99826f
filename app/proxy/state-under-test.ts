/** One Service with its endpoints on one node, and what a proxier knows of them: for tests of each mode. */
import type {
  Endpoint,
  EndpointSlice,
  IPFamily,
  Service,
  ServiceCIDR,
  ServiceSpec,
} from '../kubernetes/objects.ts';
import type { ProxierState } from './build-ruleset.ts';
import { readConfiguration } from './configuration-reader.ts';
import { resolveNode } from './node.ts';
import { proxierState } from './proxier-state.ts';

/*
 * The plan: node lab-node 10.0.0.5 / fd00:10::5; pods here 10.244.0.x, elsewhere 10.244.1.x;
 * cluster IPs 10.254.0.x; external 203.0.113.x; load balancer 192.0.2.x.
 * The Service is default/web, its endpoints are .1 (here) and .2 (elsewhere), port 8080.
 */
export const CIDR = 'detectLocalMode: ClusterCIDR\nclusterCIDR: 10.244.0.0/16,fd00:10:244::/56\n';

export interface Given {
  spec?: ServiceSpec;
  ingress?: { ip: string; ipMode?: 'VIP' | 'Proxy' }[];
  endpoints?: Endpoint[];
  config?: string;
  family?: IPFamily;
  nfacct?: boolean;
  serviceCIDRs?: ServiceCIDR[];
}

export const HERE: Endpoint = { addresses: ['10.244.0.1'], nodeName: 'lab-node' };
export const ELSEWHERE: Endpoint = { addresses: ['10.244.1.2'], nodeName: 'other-node' };

export const NODE_PORT: ServiceSpec = { type: 'NodePort', ports: [{ port: 80, nodePort: 30080 }] };
export const LOAD_BALANCER: ServiceSpec = { type: 'LoadBalancer', ports: [{ port: 80, nodePort: 30080 }] };
export const LOCAL: ServiceSpec = { externalTrafficPolicy: 'Local' };

export function stateUnderTest({
  spec = {},
  ingress = [],
  endpoints = [HERE, ELSEWHERE],
  config = CIDR,
  family = 'IPv4',
  nfacct = true,
  serviceCIDRs = [],
}: Given): ProxierState {
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
  const capabilities = { nfacct };
  const snapshot = { services: [service], slices: [slice], serviceCIDRs, configuration, node, capabilities };
  return proxierState(snapshot, family);
}
