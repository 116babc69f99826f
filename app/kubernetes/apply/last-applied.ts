/**
 * The annotation in which client-side `kubectl apply` keeps what it applied, as far as server-side apply
 * looks at it: kubectl may change from one to the other without conflicts with itself.
 */
import { goJson, isJsonObject, type JsonObject, type JsonValue } from '../json.ts';
import type { GroupVersionKind } from '../schema/kinds.ts';
import type { ValueSchema } from '../schema/schema.ts';
import { compare } from './compare.ts';
import type { FieldSet } from './field-set.ts';
import { toFieldSet } from './typed-value.ts';

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';
const ANNOTATIONS_MAX_BYTES = 256 * 1024;

function annotationsOf(object: JsonObject): JsonObject {
  const metadata = object['metadata'];
  const annotations = isJsonObject(metadata) ? metadata['annotations'] : undefined;
  return isJsonObject(annotations) ? annotations : {};
}

/** Fields that were applied last and still have that value; undefined without a readable annotation. */
export function lastAppliedOwned(
  schema: ValueSchema,
  live: JsonObject,
  gvk: GroupVersionKind,
): FieldSet | undefined {
  const text = annotationsOf(live)[LAST_APPLIED];
  const applied = typeof text === 'string' ? parse(text) : undefined;
  const apiVersion = gvk.group === '' ? gvk.version : `${gvk.group}/${gvk.version}`;
  if (!isJsonObject(applied) || applied['apiVersion'] !== apiVersion) return undefined;
  const { added, modified, removed } = compare(schema, applied, live);
  return toFieldSet(schema, applied).difference(modified).difference(added).difference(removed);
}

function parse(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Brings the annotation up to date on an object that has it, unless it would become too long. */
export function withLastApplied(object: JsonObject, applied: JsonObject): JsonObject {
  const annotations = annotationsOf(object);
  if (annotations[LAST_APPLIED] === undefined || !isJsonObject(object['metadata'])) return object;
  const text = `${goJson(applied)}\n`;
  if (new TextEncoder().encode(text).length > ANNOTATIONS_MAX_BYTES) return object;
  return {
    ...object,
    metadata: { ...object['metadata'], annotations: { ...annotations, [LAST_APPLIED]: text } },
  };
}
