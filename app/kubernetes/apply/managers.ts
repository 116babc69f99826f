/**
 * Who owns which fields: `metadata.managedFields`, decoded, changed and encoded again
 * (k8s.io/apimachinery/pkg/util/managedfields).
 */
import { isJsonObject, type JsonObject, type JsonValue, jsonEqual, jsonObjects } from '../json.ts';
import { FieldSet } from './field-set.ts';

export type Operation = 'Apply' | 'Update';

/** An owner of fields. Writes with the same four belong together. */
export interface ManagerId {
  manager: string;
  operation: Operation;
  apiVersion: string;
  subresource: string;
}

interface ManagerEntry extends ManagerId {
  fields: FieldSet;
  /** RFC 3339; undefined for one that never had a time. */
  time: string | undefined;
}

/** How many owners by update are kept apart; the oldest of more become one. */
const MAX_UPDATE_MANAGERS = 10;
const ANCIENT_CHANGES = 'ancient-changes';

/** Owners by `managerKey`. */
export type Managers = Map<string, ManagerEntry>;

/** Appliers are the same across versions, writers are not. */
export function managerKey({ manager, operation, apiVersion, subresource }: ManagerId): string {
  return JSON.stringify([manager, operation, operation === 'Apply' ? '' : apiVersion, subresource]);
}

/** The owners that an object's metadata tells of; undefined when it tells nothing that can be read. */
export function decodeManagers(object: JsonObject | undefined): Managers | undefined {
  const managers: Managers = new Map();
  try {
    for (const entry of managedFieldsOf(object)) {
      const operation = entry['operation'];
      if (operation !== 'Apply' && operation !== 'Update') return undefined;
      const decoded: ManagerEntry = {
        manager: String(entry['manager'] ?? ''),
        operation,
        apiVersion: String(entry['apiVersion'] ?? ''),
        subresource: String(entry['subresource'] ?? ''),
        time: typeof entry['time'] === 'string' ? entry['time'] : undefined,
        fields: FieldSet.fromFieldsV1(entry['fieldsV1']),
      };
      managers.set(managerKey(decoded), decoded);
    }
  } catch {
    return undefined;
  }
  return managers;
}

function managedFieldsOf(object: JsonObject | undefined): JsonObject[] {
  const metadata = object?.['metadata'];
  return isJsonObject(metadata) ? jsonObjects(metadata['managedFields']) : [];
}

/**
 * The owners a write begins with: those the written object tells of, if it tells any, or else the live
 * one's. A single empty entry resets them. What is sent to a subresource cannot change them.
 */
export function startingManagers(
  live: JsonObject | undefined,
  written: JsonObject,
  subresource: string,
): Managers {
  const fromLive = (): Managers => decodeManagers(live) ?? new Map();
  if (subresource !== '') return fromLive();
  const entries = managedFieldsOf(written);
  if (entries.length === 1 && entries[0] !== undefined && Object.keys(entries[0]).length === 0)
    return new Map();
  const own = decodeManagers(written);
  return own === undefined || own.size === 0 ? fromLive() : own;
}

/** The object with its owners written into its metadata; none when there are none. */
export function withManagers(object: JsonObject, managers: Managers): JsonObject {
  const { managedFields: _replaced, ...metadata } = isJsonObject(object['metadata'])
    ? object['metadata']
    : {};
  const entries = encodeManagers(managers);
  return {
    ...object,
    metadata: { ...metadata, ...(entries.length === 0 ? {} : { managedFields: entries }) },
  };
}

function encodeManagers(managers: Managers): JsonValue[] {
  return [...managers.values()].sort(compareEntries).map((entry) => ({
    manager: entry.manager,
    operation: entry.operation,
    apiVersion: entry.apiVersion,
    ...(entry.time === undefined ? {} : { time: entry.time }),
    fieldsType: 'FieldsV1',
    fieldsV1: entry.fields.toFieldsV1(),
    ...(entry.subresource === '' ? {} : { subresource: entry.subresource }),
  }));
}

/** Appliers first, then by time. */
function compareEntries(left: ManagerEntry, right: ManagerEntry): number {
  const keys = ['operation', 'time', 'manager', 'apiVersion', 'subresource'] as const;
  for (const key of keys) {
    const [a = '', b = ''] = [left[key], right[key]];
    if (a !== b) return a < b ? -1 : 1;
  }
  return 0;
}

/** Puts the oldest owners by update together, those of each version, when there are too many. */
export function capManagers(managers: Managers): void {
  const updates = [...managers]
    .filter(([, entry]) => entry.operation === 'Update')
    .sort(([, left], [, right]) => ((left.time ?? '') < (right.time ?? '') ? -1 : 1));
  const firstOfVersion = new Map<string, string>();
  let count = updates.length;
  for (const [key, entry] of updates) {
    if (count <= MAX_UPDATE_MANAGERS) return;
    const first = firstOfVersion.get(entry.apiVersion);
    if (first === undefined) {
      firstOfVersion.set(entry.apiVersion, key);
      continue;
    }
    const bucket = { ...entry, manager: ANCIENT_CHANGES, subresource: '' };
    const bucketKey = managerKey(bucket);
    const earlier = managers.get(bucketKey) ?? managers.get(first);
    if (first !== bucketKey) managers.delete(first);
    managers.delete(key);
    managers.set(bucketKey, { ...bucket, fields: entry.fields.union(earlier?.fields ?? new FieldSet()) });
    count -= 1;
  }
}

/**
 * The object as it was, when nothing but the times of its owners differs: a write that changes nothing is
 * no write.
 */
export function keepUnchangedTimes(object: JsonObject, live: JsonObject): JsonObject {
  const withoutTimes = (value: JsonObject): JsonObject => {
    const managers = new Map(
      [...(decodeManagers(value) ?? new Map())].map(([key, entry]) => [key, { ...entry, time: undefined }]),
    );
    return withManagers(value, managers);
  };
  return jsonEqual(withoutTimes(object), withoutTimes(live)) ? live : object;
}
