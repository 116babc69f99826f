/**
 * Writes the structure and the documentation of the API types this project serves, taken from the models
 * of @kubernetes/client-node (generated from the same Kubernetes release's OpenAPI document).
 *
 *   node scripts/generate-schema.ts
 *
 * Run it after an upgrade of @kubernetes/client-node and commit what it writes:
 *   app/kubernetes/schema/types.generated.json  definition → required fields, fields and their types
 *   app/kubernetes/schema/docs.generated.json   definition → its description ('') and its fields'
 *
 * A type is a word: `string`, `int32`, `int64`, `boolean`, `time`, `microTime`, `bytes`, `quantity`,
 * `intOrString`, `any`, or a definition's name; `[]` before it makes it a list, `{}` a map from strings.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** The kinds the API server serves; what they refer to comes with them. */
const ROOTS = [
  'V1Namespace',
  'V1Node',
  'V1Pod',
  'V1Service',
  'V1Endpoints',
  'CoreV1Event',
  'V1ConfigMap',
  'V1Secret',
  'V1ServiceAccount',
  'V1ResourceQuota',
  'V1LimitRange',
  'V1Lease',
  'V1Deployment',
  'V1ReplicaSet',
  'V1Scale',
  'V1EndpointSlice',
  'V1ServiceCIDR',
  'V1IPAddress',
  'EventsV1Event',
  'V1SelfSubjectAccessReview',
  'V1SelfSubjectRulesReview',
  'V1SelfSubjectReview',
  'V1Status',
  'V1DeleteOptions',
  'V1APIResourceList',
  'V1APIGroupList',
  'V1APIVersions',
  'V1WatchEvent',
];

/** Kinds that are also served as lists. */
const LISTED = [
  'V1Namespace',
  'V1Node',
  'V1Pod',
  'V1Service',
  'V1Endpoints',
  'CoreV1Event',
  'V1ConfigMap',
  'V1Secret',
  'V1ServiceAccount',
  'V1ResourceQuota',
  'V1LimitRange',
  'V1Lease',
  'V1Deployment',
  'V1ReplicaSet',
  'V1EndpointSlice',
  'V1ServiceCIDR',
  'V1IPAddress',
  'EventsV1Event',
];

const CORE = 'io.k8s.api.core.v1';

/** Go package of each model that is not core/v1's; a model's name does not tell it. */
const PACKAGES: Record<string, string> = {
  'io.k8s.api.apps.v1':
    'Deployment DeploymentCondition DeploymentSpec DeploymentStatus DeploymentStrategy RollingUpdateDeployment ' +
    'ReplicaSet ReplicaSetCondition ReplicaSetSpec ReplicaSetStatus DeploymentList ReplicaSetList',
  'io.k8s.api.autoscaling.v1': 'Scale ScaleSpec ScaleStatus',
  'io.k8s.api.authentication.v1': 'SelfSubjectReview SelfSubjectReviewStatus UserInfo',
  'io.k8s.api.authorization.v1':
    'FieldSelectorAttributes LabelSelectorAttributes NonResourceAttributes NonResourceRule ResourceAttributes ' +
    'ResourceRule SelfSubjectAccessReview SelfSubjectAccessReviewSpec SelfSubjectRulesReview ' +
    'SelfSubjectRulesReviewSpec SubjectAccessReviewStatus SubjectRulesReviewStatus',
  'io.k8s.api.coordination.v1': 'Lease LeaseSpec LeaseList',
  'io.k8s.api.discovery.v1':
    'Endpoint EndpointConditions EndpointHints EndpointSlice EndpointSliceList ForNode ForZone DiscoveryEndpointPort',
  'io.k8s.api.events.v1': 'EventsEvent EventsEventSeries EventsEventList',
  'io.k8s.api.networking.v1':
    'IPAddress IPAddressSpec IPAddressList ParentReference ServiceCIDR ServiceCIDRSpec ServiceCIDRStatus ServiceCIDRList',
  'io.k8s.apimachinery.pkg.apis.meta.v1':
    'APIGroup APIGroupList APIResource APIResourceList APIVersions Condition DeleteOptions GroupVersionForDiscovery ' +
    'LabelSelector LabelSelectorRequirement FieldSelectorRequirement ListMeta ManagedFieldsEntry ObjectMeta ' +
    'OwnerReference Preconditions ServerAddressByClientCIDR ShardInfo Status StatusCause StatusDetails WatchEvent',
};

/** Maps that the OpenAPI generator flattened to strings, and are quantities. */
const QUANTITIES = new Set([
  'ContainerStatus.allocatedResources',
  'EmptyDirVolumeSource.sizeLimit',
  'LimitRangeItem.default',
  'LimitRangeItem.defaultRequest',
  'LimitRangeItem.max',
  'LimitRangeItem.maxLimitRequestRatio',
  'LimitRangeItem.min',
  'NodeStatus.allocatable',
  'NodeStatus.capacity',
  'PodSpec.overhead',
  'PodStatus.allocatedResources',
  'ResourceFieldSelector.divisor',
  'ResourceQuotaSpec.hard',
  'ResourceQuotaStatus.hard',
  'ResourceQuotaStatus.used',
  'ResourceRequirements.limits',
  'ResourceRequirements.requests',
  'VolumeResourceRequirements.limits',
  'VolumeResourceRequirements.requests',
]);

interface Attribute {
  baseName: string;
  type: string;
  format: string;
}

interface Definition {
  required: string[];
  fields: Record<string, string>;
}

type Docs = Record<string, string>;

const packageOf = new Map(
  Object.entries(PACKAGES).flatMap(([name, models]) =>
    models.split(' ').map((model) => [model, name] as const),
  ),
);

/** `V1ServicePort` → `io.k8s.api.core.v1.ServicePort`; `DiscoveryV1EndpointPort` → `io.k8s.api.discovery.v1.EndpointPort`. */
function definitionName(model: string): string {
  const match = /^(Core|Discovery|Events)?V1(\w+)$/.exec(model);
  if (match === null) throw new Error(`model ${model} has a name this script does not know how to place`);
  const [, prefix = '', bare = ''] = match;
  const qualified = prefix === 'Core' ? bare : `${prefix}${bare}`;
  return `${packageOf.get(qualified) ?? CORE}.${bare}`;
}

function fieldType(owner: string, attribute: Attribute): string {
  const word = typeWord(attribute.type, attribute.format);
  const bareOwner = owner.slice(owner.lastIndexOf('.') + 1);
  return QUANTITIES.has(`${bareOwner}.${attribute.baseName}`) ? word.replace('string', 'quantity') : word;
}

function typeWord(type: string, format: string): string {
  const list = /^Array<(.+)>$/.exec(type);
  if (list?.[1]) return `[]${typeWord(list[1], format)}`;
  const map = /^\{ \[key: string\]: (.+); \}$/.exec(type);
  if (map?.[1]) return `{}${typeWord(map[1], format)}`;
  if (format === 'byte') return 'bytes';
  switch (type) {
    case 'string':
    case 'boolean':
    case 'any':
      return type;
    case 'number':
      return format;
    case 'Date':
      return 'time';
    case 'V1MicroTime':
      return 'microTime';
    case 'IntOrString':
      return 'intOrString';
    default:
      return definitionName(type);
  }
}

function unescapeDoc(comment: string): string {
  return (
    comment
      .replaceAll(/^\s*\* ?/gm, '')
      .trim()
      .replaceAll(/\\(['"])/g, '$1')
      .replaceAll('*_/', '*/')
      // The models hold a description on one line; its lists are told by the spaces before their bullets.
      .replaceAll(/ {2,3}(?=\* )|(?<=[.:]) {2}(?=- )/g, (spaces) => (spaces.length === 3 ? '\n  ' : '\n\n'))
  );
}

/** Descriptions and optionality are only in the declarations. */
function readDeclaration(source: string): { docs: Docs; required: string[] } {
  const docs: Docs = {};
  const required: string[] = [];
  const classDoc = /\/\*\*\n((?:(?!\*\/)[\s\S])*)\*\/\nexport declare class/.exec(source);
  if (classDoc?.[1]) docs[''] = unescapeDoc(classDoc[1]);
  const field = /(?:\/\*\*\n((?:(?!\*\/)[\s\S])*)\*\/\n\s*)?'(\w[\w$.-]*)'(\??): /g;
  for (const [, comment, name = '', optional] of source.matchAll(field)) {
    if (comment) docs[name] = unescapeDoc(comment);
    if (!optional) required.push(name);
  }
  return { docs, required };
}

const CONVENTIONS = 'https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md';

/** The models leave out the descriptions of fields that are objects; what all kinds have is the same for all. */
function kindDocs(name: string, { fields }: Definition): Docs {
  if (fields['kind'] !== 'string' || fields['apiVersion'] !== 'string') return {};
  const bare = name.slice(name.lastIndexOf('.') + 1);
  const known: Docs = {
    metadata: fields['metadata']?.endsWith('.ListMeta')
      ? `Standard list metadata. More info: ${CONVENTIONS}#types-kinds`
      : `Standard object's metadata. More info: ${CONVENTIONS}#metadata`,
    spec: `Specification of the desired behavior of the ${bare}. More info: ${CONVENTIONS}#spec-and-status`,
    status: `Most recently observed status of the ${bare}. Populated by the system. Read-only. More info: ${CONVENTIONS}#spec-and-status`,
  };
  return Object.fromEntries(Object.entries(known).filter(([field]) => field in fields));
}

/** Where a model's own name in client-node differs from its Go field's: `_continue` is `continue`. */
function jsonName(attributes: (Attribute & { name: string })[], property: string): string {
  return attributes.find((attribute) => attribute.name === property)?.baseName ?? property;
}

function listDefinition(item: string): Definition {
  return {
    required: ['items'],
    fields: {
      apiVersion: 'string',
      items: `[]${item}`,
      kind: 'string',
      metadata: 'io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta',
    },
  };
}

async function generate(): Promise<{ types: Record<string, Definition>; docs: Record<string, Docs> }> {
  const entry = createRequire(import.meta.url).resolve('@kubernetes/client-node');
  const models = path.join(path.dirname(entry), 'gen', 'models');
  const types: Record<string, Definition> = {};
  const docs: Record<string, Docs> = {};
  const queue = [...ROOTS];
  for (const model of queue) {
    const name = definitionName(model);
    if (name in types) continue;
    const module = await import(pathToFileURL(path.join(models, `${model}.js`)).href);
    const attributes: (Attribute & { name: string })[] = module[model].attributeTypeMap;
    const declaration = readDeclaration(await readFile(path.join(models, `${model}.d.ts`), 'utf8'));
    const definition = {
      required: declaration.required.map((property) => jsonName(attributes, property)),
      fields: Object.fromEntries(
        attributes.map((attribute) => [attribute.baseName, fieldType(name, attribute)]),
      ),
    };
    types[name] = definition;
    docs[name] = {
      ...kindDocs(name, definition),
      ...Object.fromEntries(
        Object.entries(declaration.docs).map(([property, doc]) => [jsonName(attributes, property), doc]),
      ),
    };
    for (const { type } of attributes) {
      for (const [reference] of type.matchAll(/\b(?:Core|Discovery|Events)?V1[A-Z]\w+/g)) {
        if (reference !== 'V1MicroTime') queue.push(reference);
      }
    }
  }
  for (const model of LISTED) {
    const item = definitionName(model);
    const list = listDefinition(item);
    types[`${item}List`] = list;
    const declaration = readDeclaration(await readFile(path.join(models, `${model}List.d.ts`), 'utf8'));
    docs[`${item}List`] = { ...kindDocs(`${item}List`, list), ...declaration.docs };
  }
  return { types, docs };
}

/** One definition a line, sorted, so that an upgrade's differences can be read. */
function lines(values: Record<string, unknown>): string {
  const names = Object.keys(values).sort();
  return `{\n${names.map((name) => `${JSON.stringify(name)}: ${JSON.stringify(values[name])}`).join(',\n')}\n}\n`;
}

const target = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', 'app', 'kubernetes', 'schema');
const { types, docs } = await generate();
await writeFile(path.join(target, 'types.generated.json'), lines(types));
await writeFile(path.join(target, 'docs.generated.json'), lines(docs));
console.log(`${Object.keys(types).length} definitions`);
