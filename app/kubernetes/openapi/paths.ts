/**
 * The `paths` of an OpenAPI document: what kubectl looks up there is which kind a path serves and whether
 * its PATCH takes `dryRun` and `fieldValidation`.
 */
import type { JsonObject } from '../json.ts';
import { definitionOf, type GroupVersionKind } from '../schema/kinds.ts';
import type { Dialect } from './dialect.ts';

/** A resource as the API server serves it. */
export interface OpenApiResource {
  group: string;
  version: string;
  /** `services`. */
  resource: string;
  kind: string;
  namespaced: boolean;
  /** `create`, `delete`, `deletecollection`, `get`, `list`, `patch`, `update`, `watch`. */
  verbs: readonly string[];
  /** Name, kind and verbs of what stands below an object: `status`, `scale`. */
  subresources?: readonly { name: string; kind: GroupVersionKind; verbs: readonly string[] }[];
}

const PATCH_TYPES = [
  'application/apply-patch+yaml',
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
];
const DELETE_OPTIONS = 'io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions';
const STATUS = 'io.k8s.apimachinery.pkg.apis.meta.v1.Status';

type Parameter = readonly [name: string, type: 'string' | 'boolean' | 'integer', description: string];

/** How one verb is served. */
interface Action {
  method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** `x-kubernetes-action`. */
  action: string;
  parameters: readonly Parameter[];
  /** Whether the body and the answer are the kind itself, its list, or options and a status. */
  body?: 'object' | 'patch' | 'options';
  answer: 'object' | 'list' | 'status';
}

const DRY_RUN: Parameter = ['dryRun', 'string', 'All: process the request in full, but keep nothing of it.'];
const FIELD_MANAGER: Parameter = [
  'fieldManager',
  'string',
  'The name under which the fields of this write are owned.',
];
const FIELD_VALIDATION: Parameter = [
  'fieldValidation',
  'string',
  'What happens to unknown and duplicate fields: Ignore, Warn (the default) or Strict.',
];
const FORCE: Parameter = ['force', 'boolean', 'Take over fields that other managers own (apply only).'];
const LIST_PARAMETERS: readonly Parameter[] = [
  ['labelSelector', 'string', 'Only objects with these labels.'],
  ['fieldSelector', 'string', 'Only objects with these fields.'],
  ['limit', 'integer', 'At most so many objects in one answer.'],
  ['continue', 'string', 'Where the answer before ended.'],
  ['resourceVersion', 'string', 'Where a watch starts, or how old an answer may be.'],
  ['watch', 'boolean', 'Keep answering with the changes.'],
];

const COLLECTION: Readonly<Record<string, Action>> = {
  list: { method: 'get', action: 'list', parameters: LIST_PARAMETERS, answer: 'list' },
  create: {
    method: 'post',
    action: 'post',
    parameters: [DRY_RUN, FIELD_MANAGER, FIELD_VALIDATION],
    body: 'object',
    answer: 'object',
  },
  deletecollection: {
    method: 'delete',
    action: 'deletecollection',
    parameters: [DRY_RUN, ...LIST_PARAMETERS.slice(0, 2)],
    body: 'options',
    answer: 'status',
  },
};
const ITEM: Readonly<Record<string, Action>> = {
  get: { method: 'get', action: 'get', parameters: [], answer: 'object' },
  update: {
    method: 'put',
    action: 'put',
    parameters: [DRY_RUN, FIELD_MANAGER, FIELD_VALIDATION],
    body: 'object',
    answer: 'object',
  },
  patch: {
    method: 'patch',
    action: 'patch',
    parameters: [DRY_RUN, FIELD_MANAGER, FIELD_VALIDATION, FORCE],
    body: 'patch',
    answer: 'object',
  },
  delete: {
    method: 'delete',
    action: 'delete',
    parameters: [DRY_RUN],
    body: 'options',
    answer: 'status',
  },
};

/** `/api/v1` for the core group, `/apis/apps/v1` for the others. */
export function groupVersionPath({ group, version }: { group: string; version: string }): string {
  return group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
}

/** The paths of some resources. */
export function openApiPaths(resources: readonly OpenApiResource[], dialect: Dialect): JsonObject {
  const paths: JsonObject = {};
  for (const resource of resources) {
    const root = groupVersionPath(resource);
    const gvk = { group: resource.group, version: resource.version, kind: resource.kind };
    const collection = `${root}/${resource.namespaced ? 'namespaces/{namespace}/' : ''}${resource.resource}`;
    const item = `${collection}/{name}`;
    addPath(paths, { path: collection, gvk, verbs: resource.verbs, actions: COLLECTION, dialect });
    if (resource.namespaced) {
      const everywhere = resource.verbs.filter((verb) => verb === 'list');
      addPath(paths, {
        path: `${root}/${resource.resource}`,
        gvk,
        verbs: everywhere,
        actions: COLLECTION,
        dialect,
      });
    }
    addPath(paths, { path: item, gvk, verbs: resource.verbs, actions: ITEM, dialect });
    for (const { name, kind, verbs } of resource.subresources ?? []) {
      addPath(paths, { path: `${item}/${name}`, gvk: kind, verbs, actions: ITEM, dialect });
    }
  }
  return paths;
}

/** The definitions that the bodies and answers of some resources are. */
export function resourceDefinitions(resources: readonly OpenApiResource[]): Set<string> {
  const roots = new Set([DELETE_OPTIONS, STATUS]);
  for (const { group, version, kind, verbs, subresources } of resources) {
    const kinds = [{ group, version, kind }, ...(subresources ?? []).map((subresource) => subresource.kind)];
    if (verbs.includes('list')) kinds.push({ group, version, kind: `${kind}List` });
    for (const gvk of kinds) {
      const definition = definitionOf(gvk);
      if (definition !== undefined) roots.add(definition);
    }
  }
  return roots;
}

interface PathOptions {
  path: string;
  gvk: GroupVersionKind;
  verbs: readonly string[];
  actions: Readonly<Record<string, Action>>;
  dialect: Dialect;
}

function addPath(paths: JsonObject, { path, gvk, verbs, actions, dialect }: PathOptions): void {
  const operations: JsonObject = {};
  for (const verb of verbs) {
    const action = actions[verb];
    if (action !== undefined) operations[action.method] = operation(action, gvk, dialect);
  }
  if (Object.keys(operations).length === 0) return;
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  paths[path] = {
    ...operations,
    ...(names.length === 0 ? {} : { parameters: names.map((name) => pathParameter(name, dialect)) }),
  };
}

function operation(action: Action, gvk: GroupVersionKind, dialect: Dialect): JsonObject {
  const definition = definitionOf(gvk);
  const own: JsonObject =
    definition === undefined ? { type: 'object' } : { $ref: `${dialect.prefix}${definition}` };
  const answers: Record<Action['answer'], JsonObject> = {
    object: own,
    list: listReference(gvk, dialect),
    status: { $ref: `${dialect.prefix}${STATUS}` },
  };
  const bodies: Record<NonNullable<Action['body']>, JsonObject> = {
    object: own,
    patch: { type: 'object' },
    options: { $ref: `${dialect.prefix}${DELETE_OPTIONS}` },
  };
  const parameters: JsonObject[] = action.parameters.map(([name, type, description]) =>
    queryParameter({ name, type, description }, dialect),
  );
  const body = action.body === undefined ? undefined : bodies[action.body];
  const contentTypes = action.body === 'patch' ? PATCH_TYPES : ['application/json', 'application/yaml'];
  const extensions = { 'x-kubernetes-action': action.action, 'x-kubernetes-group-version-kind': { ...gvk } };
  if (dialect.prefix === '#/definitions/') {
    if (body !== undefined)
      parameters.push({ in: 'body', name: 'body', required: action.body !== 'options', schema: body });
    return {
      consumes: body === undefined ? ['*/*'] : contentTypes,
      produces: ['application/json'],
      parameters,
      responses: { '200': { description: 'OK', schema: answers[action.answer] } },
      ...extensions,
    };
  }
  const content = (types: readonly string[], schema: JsonObject): JsonObject =>
    Object.fromEntries(types.map((type) => [type, { schema }]));
  return {
    parameters,
    ...(body === undefined ? {} : { requestBody: { content: content(contentTypes, body) } }),
    responses: {
      '200': { description: 'OK', content: content(['application/json'], answers[action.answer]) },
    },
    ...extensions,
  };
}

function listReference(gvk: GroupVersionKind, dialect: Dialect): JsonObject {
  const definition = definitionOf({ ...gvk, kind: `${gvk.kind}List` });
  return definition === undefined ? { type: 'object' } : { $ref: `${dialect.prefix}${definition}` };
}

function queryParameter(
  { name, type, description }: { name: string; type: string; description: string },
  dialect: Dialect,
): JsonObject {
  const shape: JsonObject =
    dialect.prefix === '#/definitions/'
      ? { type, uniqueItems: true }
      : { schema: { type, uniqueItems: true } };
  return { name, in: 'query', description, ...shape };
}

function pathParameter(name: string, dialect: Dialect): JsonObject {
  const shape: JsonObject =
    dialect.prefix === '#/definitions/' ? { type: 'string' } : { schema: { type: 'string' } };
  return { name, in: 'path', required: true, ...shape };
}
