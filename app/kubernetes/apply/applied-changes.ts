/**
 * An edited object as a configuration for server-side apply: what was changed, and what its manager applied before, and
 * nothing else. Applying the whole object would make its manager a co-owner of every field, and every later apply of
 * somebody else a conflict.
 */
import { isJsonObject, type JsonObject, type JsonValue } from '../json.ts';
import type { ValueSchema } from '../schema/schema.ts';
import { compare } from './compare.ts';
import { type FieldPath, type FieldSet, fieldElement, fieldName, pathString } from './field-set.ts';
import { decodeManagers } from './managers.ts';
import { childSchema, isLeaf, listElement, toFieldSet } from './typed-value.ts';

export interface AppliedChanges {
  /** What to apply, without its identity; undefined where nothing was changed. */
  configuration: JsonObject | undefined;
  /** Fields that were taken out and that others own: apply leaves them as they are. */
  removed: FieldPath[];
}

export interface EditedObject {
  schema: ValueSchema;
  live: JsonObject;
  edited: JsonObject;
  /** Who applies. */
  manager: string;
}

export function appliedChanges({ schema, live, edited, manager }: EditedObject): AppliedChanges {
  const before = editableParts(live);
  const after = editableParts(edited);
  const { added, removed, modified } = compare(schema, before, after);
  if (added.isEmpty && removed.isEmpty && modified.isEmpty) return { configuration: undefined, removed: [] };
  const managers = [...(decodeManagers(live)?.values() ?? [])];
  const applied = managers.filter((one) => one.manager === manager && one.operation === 'Apply');
  const kept = applied
    .map(({ fields }) => fields.intersection(toFieldSet(schema, after)))
    .reduce((all, fields) => all.union(fields), added.union(modified));
  const others = managers.filter((one) => !applied.includes(one));
  return {
    configuration: keepItems(schema, after, kept),
    removed: removed.paths().filter((path) => others.some(({ fields }) => owns(fields, path))),
  };
}

/** Who owns a field, by name; empty where nobody is known to. */
export function ownersOf(object: JsonObject, path: FieldPath): string[] {
  const owners = [...(decodeManagers(object)?.values() ?? [])].filter(({ fields }) => owns(fields, path));
  return [...new Set(owners.map(({ manager }) => manager))];
}

/** `.spec.ports[port=80,protocol="TCP"].targetPort` */
export function pathText(path: FieldPath): string {
  return pathString(path);
}

function owns(fields: FieldSet, path: FieldPath): boolean {
  const [last, ...parents] = path.toReversed();
  const parent = parents.toReversed().reduce((set, element) => set.below(element), fields);
  return last !== undefined && (parent.hasMember(last) || !parent.below(last).isEmpty);
}

/** Without what the server alone writes. */
function editableParts({
  metadata,
  status: _,
  apiVersion: _version,
  kind: _kind,
  ...rest
}: JsonObject): JsonObject {
  const { labels, annotations } = isJsonObject(metadata) ? metadata : {};
  return {
    ...rest,
    metadata: {
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
    },
  };
}

function keepItems(schema: ValueSchema, object: JsonObject, paths: FieldSet): JsonObject {
  const kept = keepIn(schema, object, paths);
  return isJsonObject(kept) ? kept : {};
}

function keepIn(schema: ValueSchema, value: JsonValue, paths: FieldSet): JsonValue {
  if (isLeaf(schema)) return value;
  if (schema.kind === 'list' && Array.isArray(value)) {
    return value.flatMap((item) => {
      const element = listElement(schema, item);
      const below = paths.below(element);
      if (!paths.hasMember(element) && below.isEmpty) return [];
      if (schema.listType === 'set' || !isJsonObject(item)) return [item];
      // An item of a list is known by its keys, whoever owns them.
      const keys = schema.mapKeys
        .filter((key) => item[key] !== undefined)
        .map((key) => [key, item[key] as JsonValue]);
      const kept = keepIn(schema.items, item, below);
      return [{ ...(isJsonObject(kept) ? kept : {}), ...Object.fromEntries(keys) }];
    });
  }
  if (!isJsonObject(value)) return value;
  const kept: JsonObject = {};
  for (const [name, item] of Object.entries(value)) {
    const element = fieldElement(name);
    const below = paths.below(element);
    const child = childSchema(schema, name);
    if (!below.isEmpty && child !== undefined) kept[name] = keepIn(child, item, below);
    else if (paths.hasMember(element) && fieldName(element) !== undefined) kept[name] = item;
  }
  return kept;
}
