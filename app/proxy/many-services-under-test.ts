/** Clusters that are large and otherwise plain: for tests of what size alone makes difficult. */
import type { ClusterSnapshot } from './proxier-state.ts';
import { randomCluster } from './random-cluster.ts';

export interface ManyServices {
  /** Numbers of Services whose endpoints are all away. */
  readonly withoutEndpoints?: readonly number[];
  /** The port of the pods, for those of other numbers. */
  readonly targetPort?: number;
}

/** The cluster IP of a Service, by its number. */
export function clusterIPOf(index: number): string {
  return `10.254.${index >> 8}.${index & 255}`;
}

/** ClusterIP Services of one port, each with two endpoints. */
export function manyServices(
  count: number,
  { withoutEndpoints = [], targetPort = 8080 }: ManyServices = {},
): ClusterSnapshot {
  const indexes = Array.from({ length: count }, (_, index) => index);
  const away = new Set(withoutEndpoints);
  return {
    ...randomCluster(1, 0),
    capabilities: { nfacct: false },
    services: indexes.map((index) => ({
      metadata: { name: `service-${index}`, namespace: 'default' },
      spec: { clusterIP: clusterIPOf(index), ports: [{ port: 80 }] },
    })),
    slices: indexes.map((index) => ({
      metadata: {
        name: `service-${index}-a`,
        namespace: 'default',
        labels: { 'kubernetes.io/service-name': `service-${index}` },
      },
      addressType: 'IPv4' as const,
      ports: [{ name: '', port: targetPort, protocol: 'TCP' as const }],
      endpoints: away.has(index)
        ? []
        : [0, 128].map((part) => ({ addresses: [`10.244.${part + (index >> 8)}.${index & 255}`] })),
    })),
  };
}
