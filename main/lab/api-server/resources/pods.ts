import type { ApiObject } from '../api-object.ts';
import { ageColumn, column, nameColumn, wideColumn } from '../tables/columns.ts';
import { podCells, podRowConditions } from '../tables/pod-cells.ts';
import { countGeneration, firstGeneration, specChanged } from './generation.ts';
import { allVerbs, type DeleteRequest, type Resource, type Strategy } from './resource.ts';
import { takeOver, takeOverMeta } from './take-over.ts';
import type { PodSpec, RunnablePod } from './workload-types.ts';

/** Tolerations that every pod gets, so that a node's troubles do not end it at once (DefaultTolerationSeconds). */
const defaultTolerations = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'];

const strategy: Strategy = {
  allowUnconditionalUpdate: true,
  returnDeletedObject: true,
  admitCreate(object): void {
    const { spec } = asPod(object);
    spec['serviceAccountName'] ??= 'default';
    spec['serviceAccount'] ??= spec['serviceAccountName'];
    spec['priority'] ??= 0;
    spec['preemptionPolicy'] ??= 'PreemptLowerPriority';
    tolerateNodeTroubles(spec);
  },
  prepareForCreate(object): void {
    firstGeneration(object);
    object['status'] = { phase: 'Pending', qosClass: qosClass(asPod(object).spec) };
  },
  prepareForUpdate(object, old): void {
    takeOver(object, old, 'status');
    countGeneration(object, old, specChanged(object, old));
  },
  prepareForStatusUpdate(object, old): void {
    takeOver(object, old, 'spec');
    takeOverMeta(object, old, 'deletionTimestamp');
    takeOverMeta(object, old, 'ownerReferences');
  },
  gracePeriod(object, request: DeleteRequest): number {
    const { spec, status } = asPod(object);
    // Nothing runs yet, or nothing runs any more: nothing to wait for.
    if (!spec.nodeName || status?.phase === 'Failed' || status?.phase === 'Succeeded') return 0;
    const seconds = request.gracePeriodSeconds ?? spec.terminationGracePeriodSeconds ?? 0;
    return seconds < 0 ? 1 : seconds;
  },
};

export const pods: Resource = {
  group: '',
  version: 'v1',
  resource: 'pods',
  singular: 'pod',
  kind: 'Pod',
  namespaced: true,
  shortNames: ['po'],
  categories: ['all'],
  verbs: allVerbs,
  subresources: ['binding', 'eviction', 'status'],
  strategy,
  table: {
    columns: [
      nameColumn,
      column('Ready', 'How many of the pod’s containers are ready.'),
      column('Status', 'What the pod is doing.'),
      column('Restarts', 'How often its containers have been restarted, and when last.'),
      ageColumn,
      wideColumn('IP', 'The address of the pod.'),
      wideColumn('Node', 'The node that the pod runs on.'),
      wideColumn('Nominated Node', 'The node that room is being made on for the pod.'),
      wideColumn('Readiness Gates', 'How many of the further conditions of readiness are met.'),
    ],
    row: (object) => podCells(object, asPod(object)),
    rowConditions: (object) => podRowConditions(asPod(object)),
  },
};

/** A decoded pod; one without a spec is refused by validation, but not before the hooks have run. */
function asPod(object: ApiObject): RunnablePod {
  const pod = object as unknown as RunnablePod;
  pod.spec ??= { containers: [] };
  return pod;
}

function tolerateNodeTroubles(spec: PodSpec): void {
  const tolerations = spec.tolerations ?? [];
  for (const key of defaultTolerations) {
    const tolerated = tolerations.some(
      (toleration) =>
        (toleration.key === key || !toleration.key) &&
        (toleration.effect === 'NoExecute' || !toleration.effect),
    );
    if (!tolerated)
      tolerations.push({ effect: 'NoExecute', key, operator: 'Exists', tolerationSeconds: 300 });
  }
  spec.tolerations = tolerations;
}

interface Resources {
  requests?: Record<string, unknown>;
  limits?: Record<string, unknown>;
}

/** Guaranteed: every container limits both CPU and memory and requests as much; BestEffort: none asks for any. */
function qosClass(spec: PodSpec): string {
  const resources = (spec.containers ?? []).map(
    (container) => ('resources' in container ? (container.resources as Resources) : {}) ?? {},
  );
  const asked = (values: Record<string, unknown> | undefined): string[] =>
    ['cpu', 'memory'].filter((name) => values?.[name] !== undefined);
  if (resources.every(({ requests, limits }) => asked(requests).length + asked(limits).length === 0)) {
    return 'BestEffort';
  }
  const guaranteed = resources.every(
    ({ requests, limits }) =>
      asked(limits).length === 2 &&
      asked(requests).every((name) => String(requests?.[name]) === String(limits?.[name])),
  );
  return guaranteed ? 'Guaranteed' : 'Burstable';
}
