import { goJson, jsonEqual } from '../../../../app/kubernetes/json.ts';
import type { ObjectMeta } from '../../../../app/kubernetes/objects.ts';
import { safeEncode } from '../../api-server/registry/object-name.ts';
import type { PodTemplate } from '../../api-server/resources/workload-types.ts';

/** Tells the pods of one template of a Deployment from those of another. */
export const templateHashLabel = 'pod-template-hash';

const fnvOffset = 0x811c9dc5;
const fnvPrime = 0x01000193;

/**
 * A short name for a pod template: FNV-1a (32 bits) over its JSON, in letters that make no words. The
 * collision count changes it where another template has got the same.
 */
export function templateHash(template: PodTemplate, collisionCount: number | undefined): string {
  const text = goJson(template) + (collisionCount === undefined ? '' : String(collisionCount));
  let hash = fnvOffset;
  for (const byte of Buffer.from(text, 'utf8')) hash = Math.imul(hash ^ byte, fnvPrime) >>> 0;
  return safeEncode(String(hash));
}

/** Whether two templates make the same pods; the hash that a ReplicaSet has added does not count. */
export function sameTemplate(left: PodTemplate | undefined, right: PodTemplate | undefined): boolean {
  return jsonEqual(withoutHash(left), withoutHash(right));
}

function withoutHash(template: PodTemplate = {}): unknown {
  const metadata: ObjectMeta = template.metadata ?? {};
  const { [templateHashLabel]: _hash, ...labels } = metadata.labels ?? {};
  return { ...template, metadata: { ...metadata, labels } };
}
