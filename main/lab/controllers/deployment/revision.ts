import { jsonEqual } from '../../../../app/kubernetes/json.ts';
import type { KubernetesObject } from '../../../../app/kubernetes/objects.ts';
import type { Deployment, ReplicaSet } from '../../api-server/resources/workload-types.ts';

export const revisionAnnotation = 'deployment.kubernetes.io/revision';
const historyAnnotation = 'deployment.kubernetes.io/revision-history';
const desiredAnnotation = 'deployment.kubernetes.io/desired-replicas';
const maximumAnnotation = 'deployment.kubernetes.io/max-replicas';

/** Annotations that are about the Deployment or the ReplicaSet itself and not copied from one to the other. */
const notCopied = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  'deprecated.deployment.rollback.to',
  revisionAnnotation,
  historyAnnotation,
  desiredAnnotation,
  maximumAnnotation,
]);

export function revisionOf(object: KubernetesObject): number {
  return Number(object.metadata?.annotations?.[revisionAnnotation] ?? 0) || 0;
}

/** The number of pods the Deployment wanted when it last scaled the set; undefined for a set without. */
export function desiredReplicas(set: ReplicaSet): number | undefined {
  const text = set.metadata?.annotations?.[desiredAnnotation];
  return text === undefined ? undefined : Number(text);
}

export function replicaAnnotations(desired: number, maximum: number): Record<string, string> {
  return { [desiredAnnotation]: String(desired), [maximumAnnotation]: String(maximum) };
}

/** The annotations of the set for the present template: the Deployment's own, its revision, earlier revisions. */
export function newSetAnnotations(
  deployment: Deployment,
  set: ReplicaSet | undefined,
  revision: number,
): Record<string, string> {
  const copied = Object.entries(deployment.metadata?.annotations ?? {}).filter(
    ([key]) => !notCopied.has(key),
  );
  const annotations = { ...set?.metadata?.annotations, ...Object.fromEntries(copied) };
  const before = set ? revisionOf(set) : 0;
  if (before >= revision) return annotations;
  annotations[revisionAnnotation] = String(revision);
  if (before > 0) {
    const history = annotations[historyAnnotation];
    annotations[historyAnnotation] = history ? `${history},${before}` : String(before);
  }
  return annotations;
}

export function sameAnnotations(left: KubernetesObject, right: Record<string, string>): boolean {
  return jsonEqual(left.metadata?.annotations ?? {}, right);
}
