/** What a JSON Schema says of a place in an object. */
import { isJsonObject, type JsonObject } from '../../../../app/kubernetes/json.ts';
import { ITEM, type YamlPath } from './yaml-cursor.ts';

export interface SchemaField {
  readonly name: string;
  /** `integer`, `string`, `object`, `array`, or `integer or string`; empty where the schema does not say. */
  readonly type: string;
  readonly description: string;
}

export class SchemaGuide {
  readonly #root: JsonObject;

  constructor(schema: Record<string, unknown>) {
    this.#root = schema as JsonObject;
  }

  /** The fields of the object at a path. */
  fieldsAt(path: YamlPath): SchemaField[] {
    const node = this.#at(path);
    const properties = node?.['properties'];
    if (!isJsonObject(properties)) return [];
    return Object.keys(properties).map((name) => this.#field(name, properties[name]));
  }

  /** A field itself. */
  fieldAt(path: YamlPath): SchemaField | undefined {
    const name = path.at(-1);
    const parent = this.#at(path.slice(0, -1));
    const properties = parent?.['properties'];
    if (name === undefined || !isJsonObject(properties) || !Object.hasOwn(properties, name)) return undefined;
    return this.#field(name, properties[name]);
  }

  /** The values a field takes, where they are few. */
  valuesAt(path: YamlPath): string[] {
    const node = this.#at(path);
    const values = node?.['enum'];
    if (Array.isArray(values)) return values.map(String);
    return node?.['type'] === 'boolean' ? ['true', 'false'] : [];
  }

  #field(name: string, value: unknown): SchemaField {
    const own = isJsonObject(value) ? value : {};
    const node = this.#resolved(own);
    return { name, type: typeOf(node), description: String(own['description'] ?? node['description'] ?? '') };
  }

  #at(path: YamlPath): JsonObject | undefined {
    let node: JsonObject | undefined = this.#resolved(this.#root);
    for (const step of path) {
      const properties: unknown = node?.['properties'];
      const next: unknown =
        step === ITEM
          ? node?.['items']
          : isJsonObject(properties) && Object.hasOwn(properties, step)
            ? properties[step]
            : node?.['additionalProperties'];
      node = isJsonObject(next) ? this.#resolved(next) : undefined;
    }
    return node;
  }

  /** What a reference stands for; a description beside it is the field's own. */
  #resolved(node: JsonObject): JsonObject {
    const parts = Array.isArray(node['allOf']) ? node['allOf'].filter(isJsonObject) : [node];
    const [reference] = parts.flatMap((part) => (typeof part['$ref'] === 'string' ? [part['$ref']] : []));
    if (reference === undefined) return node;
    let target: unknown = this.#root;
    for (const step of reference.replace(/^#\//, '').split('/')) {
      target = isJsonObject(target) ? target[step.replaceAll('~1', '/').replaceAll('~0', '~')] : undefined;
    }
    return isJsonObject(target) ? target : {};
  }
}

function typeOf(node: JsonObject): string {
  const choices = node['oneOf'];
  if (Array.isArray(choices)) {
    return choices
      .flatMap((choice) => (isJsonObject(choice) ? String(choice['type'] ?? '') : []))
      .join(' or ');
  }
  return String(node['type'] ?? '');
}
