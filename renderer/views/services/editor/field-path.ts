/** Paths of fields: as the API writes them, and as steps through an object. */
import { isJsonObject, type JsonValue } from '../../../../app/kubernetes/json.ts';

/** Names of fields and indices of lists. */
export type FieldPath = readonly (string | number)[];

/**
 * `spec.ports[0].nodePort` → `['spec', 'ports', 0, 'nodePort']`; a key in brackets that is no number is a
 * map's: `metadata.annotations[example.org/a.b]`.
 */
export function parseFieldPath(field: string): (string | number)[] {
  const steps: (string | number)[] = [];
  for (const [, key, name] of field.matchAll(/\[([^\]]*)\]|([^.[\]]+)/g)) {
    if (name !== undefined) steps.push(name);
    else if (key !== undefined) steps.push(/^\d+$/.test(key) ? Number(key) : key);
  }
  return steps;
}

/** The way back; keys of maps that are no plain names are put in brackets. */
export function formatFieldPath(path: FieldPath): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number' || /[.[\]]/.test(step)) return `${text}[${step}]`;
    return text === '' ? step : `${text}.${step}`;
  }, '');
}

export function valueAt(value: JsonValue | undefined, path: FieldPath): JsonValue | undefined {
  let current = value;
  for (const step of path) {
    if (Array.isArray(current) && typeof step === 'number') current = current[step];
    else if (isJsonObject(current) && Object.hasOwn(current, step)) current = current[step];
    else return undefined;
  }
  return current;
}
