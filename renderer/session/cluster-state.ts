import type { ClusterChange, ClusterResource, ClusterState } from '../../app/contract/cluster.ts';

interface Named {
  metadata: { uid: string; namespace?: string; name: string };
}

/** Negative where `a` stands before `b` in a list of the cluster: by namespace, then by name. */
function compare(a: Named, b: Named): number {
  const left = `${a.metadata.namespace ?? ''}\u0000${a.metadata.name}`;
  const right = `${b.metadata.namespace ?? ''}\u0000${b.metadata.name}`;
  return left < right ? -1 : left > right ? 1 : 0;
}

function place(list: readonly Named[], object: Named): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compare(list[middle] as Named, object) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function without(list: Named[], uid: string): void {
  const index = list.findIndex((item) => item.metadata.uid === uid);
  if (index >= 0) list.splice(index, 1);
}

/** The cluster after these changes; lists that none of them touches stay the same array. */
export function applyClusterChanges(state: ClusterState, changes: ClusterChange[]): ClusterState {
  const next: Record<string, unknown> = { ...state };
  const copied = new Set<ClusterResource>();
  for (const change of changes) {
    if (!copied.has(change.resource)) next[change.resource] = [...state[change.resource]];
    copied.add(change.resource);
    const list = next[change.resource] as Named[];
    without(list, change.type === 'put' ? change.object.metadata.uid : change.uid);
    if (change.type === 'put') list.splice(place(list, change.object), 0, change.object);
  }
  return next as ClusterState;
}
