/** Field selectors: `metadata.name=a,status.phase!=Running` (k8s.io/apimachinery/pkg/fields). */
import { isJsonObject } from './json.ts';
import { type GroupVersionKind, gvkKey } from './schema/kinds.ts';
import { SelectorError } from './selector-error.ts';

export type FieldSelectorTerms = readonly { field: string; value: string; negated: boolean }[];

/** Fields of each kind that can be selected by, besides its name and namespace. */
const SELECTABLE: Readonly<Record<string, readonly string[]>> = {
  '/v1, Kind=Pod': [
    'spec.nodeName',
    'spec.restartPolicy',
    'spec.schedulerName',
    'spec.serviceAccountName',
    'spec.hostNetwork',
    'status.phase',
    'status.podIP',
    'status.podIPs',
    'status.nominatedNodeName',
  ],
  '/v1, Kind=Node': ['spec.unschedulable'],
  '/v1, Kind=Namespace': ['status.phase', 'name'],
  '/v1, Kind=Secret': ['type'],
  '/v1, Kind=Service': ['spec.clusterIP', 'spec.type'],
  '/v1, Kind=Event': [
    'involvedObject.kind',
    'involvedObject.namespace',
    'involvedObject.name',
    'involvedObject.uid',
    'involvedObject.apiVersion',
    'involvedObject.resourceVersion',
    'involvedObject.fieldPath',
    'reason',
    'reportingComponent',
    'source',
    'type',
  ],
  'events.k8s.io/v1, Kind=Event': [
    'regarding.kind',
    'regarding.namespace',
    'regarding.name',
    'regarding.uid',
    'regarding.apiVersion',
    'regarding.resourceVersion',
    'regarding.fieldPath',
    'reason',
    'reportingController',
    'type',
  ],
  'networking.k8s.io/v1, Kind=IPAddress': ['spec.parentRef'],
};
const CLUSTER_WIDE = new Set([
  '/v1, Kind=Node',
  '/v1, Kind=Namespace',
  'networking.k8s.io/v1, Kind=ServiceCIDR',
  'networking.k8s.io/v1, Kind=IPAddress',
]);

/** Parses a selector of a kind's fields. Throws a SelectorError for text or fields it does not know. */
export function parseFieldSelector(gvk: GroupVersionKind, text: string): FieldSelectorTerms {
  return splitTerms(text)
    .filter((term) => term !== '')
    .sort()
    .map((term) => {
      const { field, value, negated } = parseTerm(text, term);
      checkField(gvk, field);
      return { field, value, negated };
    });
}

/** Terms stand between commas; a backslash before a comma, an equals sign or itself takes its meaning away. */
function splitTerms(text: string): string[] {
  return text.match(/(?:[^\\,]|\\.)+/gs) ?? [];
}

function parseTerm(selector: string, term: string): { field: string; value: string; negated: boolean } {
  const match = /^((?:[^\\=!]|\\.|!(?!=))*)(!=|==|=)([\s\S]*)$/.exec(term);
  if (match === null) throw new SelectorError(`invalid selector: '${selector}'; can't understand '${term}'`);
  const [, field = '', operator, value = ''] = match;
  return { field, value: unescapeValue(value), negated: operator === '!=' };
}

function unescapeValue(value: string): string {
  const unescaped = value.replaceAll(/\\([\\,=])/g, '$1');
  if (/(?<!\\)(?:\\\\)*=/.test(value)) {
    throw new SelectorError(`invalid field selector: unescaped character in value: ${JSON.stringify('=')}`);
  }
  return unescaped;
}

function checkField(gvk: GroupVersionKind, field: string): void {
  const key = gvkKey(gvk);
  if (field === 'metadata.name' || (field === 'metadata.namespace' && !CLUSTER_WIDE.has(key))) return;
  if (SELECTABLE[key]?.includes(field)) return;
  const supported = SELECTABLE[key] ? `field label not supported: ${field}` : undefined;
  throw new SelectorError(
    supported ??
      `${JSON.stringify(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`,
  );
}

/** Whether an object has the selected fields. A field it does not have is an empty string. */
export function matchesFields(terms: FieldSelectorTerms, object: unknown): boolean {
  return terms.every(({ field, value, negated }) => (fieldText(object, field) === value) !== negated);
}

function fieldText(object: unknown, field: string): string {
  const path = field === 'name' ? 'metadata.name' : field;
  let value: unknown = object;
  for (const name of path.split('.')) value = isJsonObject(value) ? value[name] : undefined;
  if (path === 'source' && isJsonObject(value)) value = value['component'];
  if (path === 'spec.parentRef' && isJsonObject(value)) return parentText(value);
  if (path === 'spec.unschedulable' || path === 'spec.hostNetwork') return String(value === true);
  return value === undefined || value === null || typeof value === 'object' ? '' : String(value);
}

function parentText(parent: Record<string, unknown>): string {
  return ['group', 'resource', 'namespace', 'name'].map((name) => String(parent[name] ?? '')).join('/');
}
