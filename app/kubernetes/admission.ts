/**
 * What an API server would make of an object from a file: refused with its reasons, or taken with its
 * defaults. Allocation is left out: nothing here chooses a cluster IP or a node port.
 */
import { applyDefaults } from './defaults/defaults.ts';
import { isJsonObject, type JsonObject } from './json.ts';
import type { KubernetesObject } from './objects.ts';
import { isPlainlyValid } from './plainly-valid.ts';
import { strictDecode } from './schema/decode.ts';
import { DecodeError } from './schema/decode-error.ts';
import { definitionOf, type GroupVersionKind } from './schema/kinds.ts';
import { errorBody, validateCreate } from './validation/validate.ts';

export interface Admission {
  readonly object: KubernetesObject;
  /** Why a server would refuse it, `spec.ports[0].port: Invalid value: 0: …`; nothing when it would not. */
  readonly problems: readonly string[];
  /** Paths of fields that its type does not have. */
  readonly unknownFields: readonly string[];
}

const NOTHING: readonly string[] = [];
const DEFAULT_NAMESPACE = 'default';
const CLUSTER_WIDE = new Set(['Namespace', 'Node', 'ServiceCIDR', 'IPAddress']);

/** @param json an object of any kind; one of a kind without schema is taken as it is. */
export function admitObject(json: KubernetesObject & JsonObject): Admission {
  return isPlainlyValid(json)
    ? { object: json, problems: NOTHING, unknownFields: NOTHING }
    : admitInFull(json);
}

/** The same by decoding, defaults and validation alone. */
export function admitInFull(json: KubernetesObject & JsonObject): Admission {
  const gvk = kindOf(json);
  if (definitionOf(gvk) === undefined) return { object: json, problems: NOTHING, unknownFields: NOTHING };
  try {
    const { object: decoded, unknownFields } = strictDecode(gvk, json);
    const object: KubernetesObject & JsonObject = applyDefaults(gvk, withNamespace(decoded, gvk.kind));
    const errors = validateCreate(gvk, withClusterIPs(object), { unallocated: true });
    const problems = errors.map((error) => `${error.field}: ${errorBody(error)}`);
    return { object, problems: [...new Set(problems)], unknownFields };
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return { object: json, problems: [error.message], unknownFields: NOTHING };
  }
}

function kindOf({ apiVersion = '', kind = '' }: KubernetesObject): GroupVersionKind {
  const slash = apiVersion.indexOf('/');
  return slash < 0
    ? { group: '', version: apiVersion, kind }
    : { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1), kind };
}

function withNamespace(object: JsonObject, kind: string): JsonObject {
  const { metadata } = object;
  if (CLUSTER_WIDE.has(kind) || !isJsonObject(metadata) || metadata['namespace']) return object;
  return { ...object, metadata: { ...metadata, namespace: DEFAULT_NAMESPACE } };
}

/** A server fills in the one of the two fields for cluster IPs before it validates; what it stores has both. */
function withClusterIPs(object: KubernetesObject & JsonObject): KubernetesObject {
  const { spec } = object;
  if (object.kind !== 'Service' || !isJsonObject(spec)) return object;
  const { clusterIP, clusterIPs } = spec;
  if (!clusterIP || (Array.isArray(clusterIPs) && clusterIPs.length > 0)) return object;
  return { ...object, spec: { ...spec, clusterIPs: [clusterIP] } } as KubernetesObject;
}
