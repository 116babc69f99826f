/**
 * A cluster's pods and slices by what Services find them by: made once for a state, so that thousands of
 * Services are looked at without going through all pods for each.
 */
import type { ClusterState } from '../contract/cluster.ts';
import type { EndpointSlice, Pod, Service } from '../kubernetes/objects.ts';
import { hasSelector } from './pods-behind.ts';

const SERVICE_NAME_LABEL = 'kubernetes.io/service-name';

/** The lists of a cluster that tell how a Service fares. */
export type ClusterLists = Pick<ClusterState, 'pods' | 'endpointSlices'>;

export class ClusterIndex {
  readonly #podsByLabel = new Map<string, Pod[]>();
  readonly #slicesByService = new Map<string, EndpointSlice[]>();

  constructor({ pods, endpointSlices }: ClusterLists) {
    for (const pod of pods) {
      for (const [label, value] of Object.entries(pod.metadata.labels ?? {})) {
        append(this.#podsByLabel, labelKey(pod.metadata.namespace, label, value), pod);
      }
    }
    for (const slice of endpointSlices) {
      const service = slice.metadata.labels?.[SERVICE_NAME_LABEL];
      if (service)
        append(this.#slicesByService, `${slice.metadata.namespace ?? 'default'}/${service}`, slice);
    }
  }

  /** The pods of a Service's namespace that its selector matches, in the order of the cluster's list. */
  podsOf(service: Service): readonly Pod[] {
    if (!hasSelector(service)) return NONE;
    const terms = Object.entries(service.spec?.selector ?? {});
    let fewest: readonly Pod[] | undefined;
    for (const [label, value] of terms) {
      const found = this.#podsByLabel.get(labelKey(service.metadata?.namespace, label, value)) ?? NONE;
      if (fewest === undefined || found.length < fewest.length) fewest = found;
    }
    if (terms.length === 1) return fewest ?? NONE;
    return (fewest ?? NONE).filter(({ metadata }) =>
      terms.every(([label, value]) => metadata?.labels?.[label] === value),
    );
  }

  slicesOf({ metadata }: Service): readonly EndpointSlice[] {
    return this.#slicesByService.get(`${metadata?.namespace ?? 'default'}/${metadata?.name ?? ''}`) ?? NONE;
  }
}

const NONE: readonly never[] = [];

function append<T>(lists: Map<string, T[]>, key: string, item: T): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [item]);
  else list.push(item);
}

/** Neither a namespace nor a label holds a line feed. */
function labelKey(namespace = 'default', label: string, value: string): string {
  return `${namespace}\n${label}\n${value}`;
}
