/**
 * Keeps track of who owns which field of an object: for every write, and for server-side apply, which
 * merges an applied object into the live one and leaves what others own
 * (k8s.io/apimachinery/pkg/util/managedfields; sigs.k8s.io/structured-merge-diff, merge).
 */
import { isJsonObject, type JsonObject } from '../json.ts';
import { strictDecode } from '../schema/decode.ts';
import type { GroupVersionKind } from '../schema/kinds.ts';
import { schemaFor, type ValueSchema } from '../schema/schema.ts';
import { type Comparison, compare, without } from './compare.ts';
import { ApplyConflictError, type Conflict } from './conflicts.ts';
import { FieldSet, fieldElement } from './field-set.ts';
import { lastAppliedOwned, withLastApplied } from './last-applied.ts';
import {
  capManagers,
  decodeManagers,
  type ManagerId,
  type Managers,
  managerKey,
  type Operation,
  startingManagers,
  withManagers,
} from './managers.ts';
import { mergeObjects } from './merge.ts';
import { removeItems, withNamedFields } from './remove-items.ts';
import { checkTyped, rootSchema, TypedError, toFieldSet } from './typed-value.ts';

interface WriteOptions {
  gvk: GroupVersionKind;
  /** The stored object; undefined when this write creates it. */
  live?: JsonObject;
  /** The `fieldManager` of the request, or the first part of its User-Agent. */
  manager: string;
  /** `status`, `scale`; empty for the object itself. */
  subresource?: string;
  /** When the write happens, RFC 3339 to the second. */
  time: string;
}

export interface UpdateOptions extends WriteOptions {
  /** The object as it will be, before a server allocates anything for it. */
  object: JsonObject;
}

export interface ApplyOptions extends WriteOptions {
  /** What was sent: the fields its sender wants to own. */
  applied: JsonObject;
  /** Take over fields that others own with another value. */
  force?: boolean;
}

/** Owns what was there before an object was first applied, when nobody was known to. */
const BEFORE_FIRST_APPLY = 'before-first-apply';
/** Whose applies take over fields from client-side apply, and keep its annotation in step. */
const KUBECTL = 'kubectl';

/** Fields that nobody owns: identity, and what the server alone writes. */
const NEVER_OWNED = FieldSet.of(
  ...['apiVersion', 'kind', 'metadata'].map((name) => [fieldElement(name)]),
  ...[
    'name',
    'namespace',
    'creationTimestamp',
    'selfLink',
    'uid',
    'clusterName',
    'generation',
    'managedFields',
    'resourceVersion',
  ].map((name) => [fieldElement('metadata'), fieldElement(name)]),
);
const STATUS = FieldSet.of([fieldElement('status')]);
const SPEC = FieldSet.of([fieldElement('spec')]);

/** What a write cannot change, and so does not come to own. */
function resetFields(subresource: string): FieldSet {
  return subresource === 'status' ? SPEC : STATUS;
}

/**
 * The written object with its owners brought up to date: its writer owns what it changed, others lose what
 * was changed or removed.
 */
export function updateManagedFields(options: UpdateOptions): JsonObject {
  const { object, live, subresource = '' } = options;
  const managers = startingManagers(live, object, subresource);
  trackUpdate(managers, options, withoutManagedFields(object));
  capManagers(managers);
  return withManagers(object, managers);
}

function trackUpdate(managers: Managers, options: WriteOptions, object: JsonObject): void {
  const { gvk, live, subresource = '', time } = options;
  const schema = schemaOf(gvk);
  const before = withoutManagedFields(live ?? emptyObject(gvk));
  const changed = without(compare(schema, before, object), resetFields(subresource));
  const id = managerId(options, 'Update');
  const key = managerKey(id);
  takeFromOthers(managers, changed, key);
  const own = managers.get(key);
  const taken = changed.modified.union(changed.added).difference(NEVER_OWNED);
  const kept = (own?.fields ?? new FieldSet()).difference(changed.removed);
  const fields = kept.union(taken);
  if (fields.isEmpty) managers.delete(key);
  else managers.set(key, { ...id, fields, time: taken.isEmpty ? own?.time : time });
}

/**
 * Server-side apply: the live object with the applied fields laid over it, without those its manager
 * applied before and does not any more, unless somebody else owns them.
 *
 * Throws an ApplyConflictError where others own a field with another value, and a TypedError for an object
 * that does not fit its schema.
 */
export function applyObject(options: ApplyOptions): JsonObject {
  const { gvk, live, applied, manager, force = false } = options;
  const schema = schemaOf(gvk);
  checkApplied(gvk, schema, applied);
  const before = withoutManagedFields(live ?? emptyObject(gvk));
  const managers = decodeManagers(live) ?? new Map();
  if (managers.size === 0 && live !== undefined) {
    const { live: _made, ...write } = options;
    trackUpdate(managers, { ...write, manager: BEFORE_FIRST_APPLY }, before);
  }
  const apply = (forced: boolean): JsonObject =>
    mergeApplied({ schema, before, managers, options, force: forced });
  if (manager !== KUBECTL) return apply(force);
  return withLastApplied(applyAfterClientSide(apply, { schema, before, force, gvk }), applied);
}

interface AfterClientSide {
  schema: ValueSchema;
  before: JsonObject;
  force: boolean;
  gvk: GroupVersionKind;
}

/** kubectl takes over from its own client-side apply what that applied last, if it is still so. */
function applyAfterClientSide(apply: (force: boolean) => JsonObject, context: AfterClientSide): JsonObject {
  try {
    return apply(context.force);
  } catch (error) {
    if (!(error instanceof ApplyConflictError)) throw error;
    const owned = lastAppliedOwned(context.schema, context.before, context.gvk);
    if (owned === undefined) throw error;
    const others = error.conflicts.filter(({ path }) => !FieldSet.of(path).difference(owned).isEmpty);
    if (others.length > 0) throw new ApplyConflictError(others);
    return apply(true);
  }
}

interface Application {
  schema: ValueSchema;
  before: JsonObject;
  managers: Managers;
  options: ApplyOptions;
  force: boolean;
}

function mergeApplied({ schema, before, managers: known, options, force }: Application): JsonObject {
  const { applied, subresource = '', time } = options;
  const managers: Managers = new Map(known);
  const id = managerId(options, 'Apply');
  const key = managerKey(id);
  const last = managers.get(key)?.fields;
  const ignored = resetFields(subresource);
  const fields = toFieldSet(schema, withoutManagedFields(applied)).recursiveDifference(ignored);
  managers.set(key, { ...id, fields, time });
  const merged = mergeObjects(schema, before, withoutManagedFields(applied));
  const pruned = last === undefined || last.isEmpty ? merged : prune({ schema, merged, managers, last });
  const changed = without(compare(schema, before, pruned), ignored);
  const conflicts = conflictsWith(managers, changed, key);
  if (conflicts.length > 0 && !force) throw new ApplyConflictError(conflicts);
  takeFromOthers(managers, changed, key);
  const owned = fields.difference(NEVER_OWNED);
  if (owned.isEmpty) managers.delete(key);
  else managers.set(key, { ...id, fields: owned, time });
  return withManagers(pruned, managers);
}

/** Takes out what was applied before and is not now, and puts back what somebody owns. */
function prune(context: {
  schema: ValueSchema;
  merged: JsonObject;
  managers: Managers;
  last: FieldSet;
}): JsonObject {
  const { schema, merged, managers, last } = context;
  const named = (set: FieldSet): FieldSet => withNamedFields(schema, set);
  const mergedSet = named(toFieldSet(schema, merged));
  const bare = removeItems(schema, merged, named(last));
  const owned = [...managers.values()].reduce((all, { fields }) => all.union(fields), new FieldSet());
  const keep = named(toFieldSet(schema, bare)).union(named(owned));
  const restored = removeItems(schema, merged, mergedSet.difference(keep));
  // Only what was applied last may go: fields below a removed one that nobody owned come back.
  const gone = mergedSet.difference(named(toFieldSet(schema, restored))).intersection(named(last));
  return removeItems(schema, merged, gone);
}

function conflictsWith(managers: Managers, changed: Comparison, own: string): Conflict[] {
  const touched = changed.modified.union(changed.added);
  return [...managers]
    .filter(([key]) => key !== own)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .flatMap(([, entry]) =>
      entry.fields
        .intersection(touched)
        .paths()
        .map((path) => ({ manager: entry, path })),
    );
}

/** Others own neither what was changed nor what is gone. */
function takeFromOthers(managers: Managers, changed: Comparison, own: string): void {
  const lost = changed.modified.union(changed.added).union(changed.removed);
  for (const [key, entry] of managers) {
    if (key === own) continue;
    const fields = entry.fields.difference(lost);
    if (fields.isEmpty) managers.delete(key);
    else managers.set(key, { ...entry, fields });
  }
}

function managerId({ gvk, manager, subresource = '' }: WriteOptions, operation: Operation): ManagerId {
  return { manager, operation, apiVersion: apiVersionOf(gvk), subresource };
}

function apiVersionOf({ group, version }: GroupVersionKind): string {
  return group === '' ? version : `${group}/${version}`;
}

function schemaOf(gvk: GroupVersionKind): ValueSchema {
  const type = schemaFor(gvk);
  if (type === undefined) throw new Error(`no schema for ${gvk.group}/${gvk.version} ${gvk.kind}`);
  return rootSchema(type);
}

/** An object of which nothing is said: what a creating write is compared with. */
function emptyObject(gvk: GroupVersionKind): JsonObject {
  return strictDecode(gvk, {}).object;
}

function withoutManagedFields(object: JsonObject): JsonObject {
  if (!isJsonObject(object['metadata'])) return object;
  const { managedFields: _owners, ...metadata } = object['metadata'];
  return { ...object, metadata };
}

function checkApplied(gvk: GroupVersionKind, schema: ValueSchema, applied: JsonObject): void {
  try {
    checkTyped(schema, withoutManagedFields(applied));
  } catch (error) {
    if (!(error instanceof TypedError)) throw error;
    const metadata = isJsonObject(applied['metadata']) ? applied['metadata'] : {};
    const name = `${String(metadata['namespace'] ?? '')}/${String(metadata['name'] ?? '')}`;
    const kind = `${gvk.group}/${gvk.version}, Kind=${gvk.kind}`;
    throw new TypedError(`failed to create typed patch object (${name}; ${kind}): ${error.message}`);
  }
}
