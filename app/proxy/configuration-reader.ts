/**
 * Reads a KubeProxyConfiguration file, as kube-proxy's `--config` does.
 *
 * An unknown or doubled field is a warning with its place (an error when strict, like kube-proxy's strict
 * decoding); a value of the wrong type or out of range is an error.
 */
import { isAlias, isMap, isPair, isScalar, LineCounter, parseDocument, type Node as YamlNode } from 'yaml';
import { withoutStackTraces } from '../kubernetes/yaml-errors.ts';
import { KUBERNETES_YAML } from '../kubernetes/yaml-options.ts';
import type { ProxyConfiguration } from './configuration.ts';
import {
  CONFIGURATION_SCHEMA,
  type FieldSchema,
  type FieldType,
  type StructSchema,
} from './configuration-schema.ts';
import { toConfiguration, validateConfiguration } from './configuration-values.ts';
import { parseDuration } from './duration.ts';

export interface ConfigurationProblem {
  /** The field's path, e.g. `iptables.masqueradeBit`; empty for the file as a whole. */
  readonly field: string;
  readonly message: string;
  /** Where in the file, from 1; absent for what validation found. */
  readonly line?: number;
  readonly column?: number;
}

export interface ConfigurationReading {
  readonly configuration: ProxyConfiguration;
  readonly warnings: ConfigurationProblem[];
  /** Fields that are set, accepted and without effect here. */
  readonly inert: string[];
}

/** The file cannot be used; `problems` names every field at fault. */
export class ConfigurationError extends Error {
  readonly problems: readonly ConfigurationProblem[];

  constructor(problems: readonly ConfigurationProblem[]) {
    super(problems.map(formatConfigurationProblem).join('\n'));
    this.name = 'ConfigurationError';
    this.problems = problems;
  }
}

/** `line 4, column 3: iptables.masqueradeBit: must be within the range [0, 31]`. */
export function formatConfigurationProblem({ field, message, line, column }: ConfigurationProblem): string {
  const place = line === undefined ? '' : `line ${line}, column ${column}: `;
  return field === '' ? `${place}${message}` : `${place}${field}: ${message}`;
}

const API_VERSION = 'kubeproxy.config.k8s.io/v1alpha1';
const KIND = 'KubeProxyConfiguration';

/**
 * @param text YAML or JSON.
 * @throws ConfigurationError when the file is no KubeProxyConfiguration, or a value in it is not valid.
 */
export function readConfiguration(text: string, options: { strict?: boolean } = {}): ConfigurationReading {
  const lines = new LineCounter();
  const document = withoutStackTraces(() =>
    parseDocument(text, { ...KUBERNETES_YAML, lineCounter: lines, uniqueKeys: false }),
  );
  const [broken] = document.errors;
  if (broken) throw new ConfigurationError([{ field: '', message: broken.message.split('\n')[0] ?? '' }]);
  const reader = new FieldReader(lines);
  const fields = reader.readStruct(document.contents, CONFIGURATION_SCHEMA, '');
  const errors = [...reader.errors, ...(options.strict ? reader.warnings : [])];
  if (reader.errors.length === 0) errors.unshift(...checkKind(fields));
  if (errors.length > 0) throw new ConfigurationError(errors);
  const configuration = toConfiguration(fields);
  const invalid = validateConfiguration(configuration, fields);
  if (invalid.length > 0) throw new ConfigurationError(invalid);
  return { configuration, warnings: reader.warnings, inert: reader.inert };
}

/** Field values by path: `iptables.masqueradeBit` → 14. */
export type FieldValues = Map<string, unknown>;

function checkKind(fields: FieldValues): ConfigurationProblem[] {
  const problems: ConfigurationProblem[] = [];
  const kind = fields.get('kind');
  const apiVersion = fields.get('apiVersion');
  if (kind !== KIND) problems.push({ field: 'kind', message: expected(KIND, kind) });
  if (apiVersion !== API_VERSION)
    problems.push({ field: 'apiVersion', message: expected(API_VERSION, apiVersion) });
  return problems;
}

function expected(wanted: string, found: unknown): string {
  return found === undefined
    ? `missing; must be "${wanted}"`
    : `must be "${wanted}", not ${JSON.stringify(found)}`;
}

/** Walks the file's nodes along the schema, so that each problem knows its place. */
class FieldReader {
  readonly errors: ConfigurationProblem[] = [];
  readonly warnings: ConfigurationProblem[] = [];
  readonly inert: string[] = [];
  readonly #lines: LineCounter;

  constructor(lines: LineCounter) {
    this.#lines = lines;
  }

  readStruct(
    node: unknown,
    schema: StructSchema,
    path: string,
    values: FieldValues = new Map(),
  ): FieldValues {
    if (isNull(node)) return values;
    if (!isMap(node)) {
      this.errors.push(this.#problem(node, path, 'must be a map of fields'));
      return values;
    }
    const seen = new Set<string>();
    for (const pair of node.items) {
      const key = isPair(pair) && isScalar(pair.key) ? String(pair.key.value) : '';
      const field = path === '' ? key : `${path}.${key}`;
      if (seen.has(key)) this.warnings.push(this.#problem(pair.key, field, 'key is already set in the map'));
      seen.add(key);
      const known = Object.hasOwn(schema, key) ? schema[key] : undefined;
      if (known === undefined) this.warnings.push(this.#problem(pair.key, field, 'unknown field'));
      else this.#readField(pair.value, known, field, values);
    }
    return values;
  }

  #readField(node: unknown, schema: FieldSchema, field: string, values: FieldValues): void {
    if (isAlias(node)) {
      this.errors.push(this.#problem(node, field, 'YAML aliases are not allowed here; write the value out'));
    } else if ('fields' in schema) {
      this.readStruct(node, schema.fields, field, values);
    } else if (!isNull(node)) {
      const value = isScalar(node) ? node.value : ((node as YamlNode).toJSON() as unknown);
      const wrong = typeProblem(value, schema.type);
      if (wrong) this.errors.push(this.#problem(node, field, wrong));
      else values.set(field, value);
      if (schema.inert) this.inert.push(field);
    }
  }

  #problem(node: unknown, field: string, message: string): ConfigurationProblem {
    const start = (node as { range?: [number, number, number] | null } | null)?.range?.[0];
    if (start === undefined) return { field, message };
    const { line, col } = this.#lines.linePos(start);
    return { field, message, line, column: col };
  }
}

function isNull(node: unknown): boolean {
  return node === null || node === undefined || (isScalar(node) && node.value === null);
}

/** What is wrong with a value's type, if anything. */
function typeProblem(value: unknown, type: FieldType): string | undefined {
  switch (type) {
    case 'any':
      return undefined;
    case 'integer':
      return Number.isInteger(value) ? undefined : 'must be a whole number';
    case 'duration':
      return typeof value === 'string' && parseDuration(value) !== undefined
        ? undefined
        : "must be a duration (e.g. '5s', '1m', '2h22m')";
    case 'strings':
      return Array.isArray(value) && value.every((item) => typeof item === 'string')
        ? undefined
        : 'must be a list of strings';
    case 'booleans':
      return typeof value === 'object' &&
        Object.values(value ?? {}).every((item) => typeof item === 'boolean')
        ? undefined
        : 'must be a map of true and false';
    default:
      return typeof value === type ? undefined : `must be a ${type}`;
  }
}
