/**
 * One small cluster, and what should be on its node: what earlier versions of kube-proxy wrote for it stands in
 * `earlier-iptables-under-test.ts` and `earlier-nftables-under-test.ts`.
 *
 * The plan: node 192.168.0.2; pods here 10.244.0.x, elsewhere 10.244.1.x; cluster IPs 10.96.0.x.
 * shop/web: a load balancer, Local, for 203.0.113.0/24 only, one endpoint here. shop/cart: two endpoints, session
 * affinity, a port without a name. shop/idle: no endpoints.
 */
import type { EndpointSlice, Service } from '../kubernetes/objects.ts';
import { buildRuleset } from '../proxy/build-ruleset.ts';
import { nameHash } from '../proxy/chain-names.ts';
import type { ProxyMode } from '../proxy/configuration.ts';
import { readConfiguration } from '../proxy/configuration-reader.ts';
import { resolveNode } from '../proxy/node.ts';
import { proxierState } from '../proxy/proxier-state.ts';
import { sha256Base32 } from '../proxy/sha256.ts';
import type { Ruleset } from '../ruleset/model.ts';

const WEB: Service = {
  metadata: { namespace: 'shop', name: 'web' },
  spec: {
    type: 'LoadBalancer',
    clusterIP: '10.96.0.20',
    externalTrafficPolicy: 'Local',
    healthCheckNodePort: 32000,
    loadBalancerSourceRanges: ['203.0.113.0/24'],
    ports: [{ name: 'http', port: 80, nodePort: 30080 }],
  },
  status: { loadBalancer: { ingress: [{ ip: '198.51.100.7' }] } },
};

const CART: Service = {
  metadata: { namespace: 'shop', name: 'cart' },
  spec: { clusterIP: '10.96.0.21', sessionAffinity: 'ClientIP', ports: [{ port: 80 }] },
};

const IDLE: Service = {
  metadata: { namespace: 'shop', name: 'idle' },
  spec: { clusterIP: '10.96.0.22', ports: [{ port: 80 }] },
};

function slice(service: string, portName: string, endpoints: EndpointSlice['endpoints']): EndpointSlice {
  return {
    metadata: {
      namespace: 'shop',
      name: `${service}-a`,
      labels: { 'kubernetes.io/service-name': service },
    },
    addressType: 'IPv4',
    ports: [{ name: portName, port: 8080, protocol: 'TCP' }],
    endpoints,
  };
}

/** What kube-proxy writes now, with IPv4. */
export function wantedNow(mode: ProxyMode): Ruleset {
  const { configuration } = readConfiguration(
    'apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nclusterCIDR: 10.244.0.0/16\n',
  );
  const snapshot = {
    services: [WEB, CART, IDLE],
    slices: [
      slice('web', 'http', [{ addresses: ['10.244.0.5'], nodeName: 'here' }]),
      slice('cart', '', [
        { addresses: ['10.244.0.6'], nodeName: 'here' },
        { addresses: ['10.244.1.7'], nodeName: 'elsewhere' },
      ]),
    ],
    serviceCIDRs: [],
    configuration,
    node: resolveNode({ name: 'here', addresses: ['192.168.0.2'] }),
    capabilities: { nfacct: false },
  };
  return buildRuleset(mode, 'current', proxierState(snapshot, 'IPv4'));
}

/** The ends of the names of iptables' chains, the same in all versions. */
export const WEB_HASH = nameHash('shop/web:http', 'tcp');
export const CART_HASH = nameHash('shop/cart', 'tcp');
export const WEB_5 = `KUBE-SEP-${nameHash('shop/web:http', 'tcp', '10.244.0.5:8080')}`;
export const CART_6 = `KUBE-SEP-${nameHash('shop/cart', 'tcp', '10.244.0.6:8080')}`;
export const CART_7 = `KUBE-SEP-${nameHash('shop/cart', 'tcp', '10.244.1.7:8080')}`;

/** The same of nftables' chains and sets: `ABCDEFGH-shop/web/tcp/http`. */
export function nftName(path: string): string {
  return `${sha256Base32(path, 8)}-${path}`;
}

/** A node's rules as its tool saved them. */
export interface EarlierNode {
  readonly version: string;
  readonly mode: ProxyMode;
  readonly saved: string;
  /** Chains that belong to no Service, besides the kernel's. */
  readonly frame: readonly string[];
  /** `shop/web` and so on, by chain. */
  readonly services: Readonly<Record<string, string>>;
  /** What others have there. */
  readonly foreign: readonly string[];
}
