/** JSON values as Go's `fmt` prints them: they stand in the API server's messages. */
import { isJsonObject, type JsonObject } from './json.ts';

function sortedEntries(object: JsonObject): [string, unknown][] {
  return Object.entries(object).sort(([left], [right]) => (left < right ? -1 : 1));
}

/** With `%v`: `map[spec:map[replicas:3]]`, `[1 2]`, `<nil>`. */
export function goValue(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(goValue).join(' ')}]`;
  if (isJsonObject(value)) {
    return `map[${sortedEntries(value)
      .map(([name, item]) => `${name}:${goValue(item)}`)
      .join(' ')}]`;
  }
  return value === null || value === undefined ? '<nil>' : String(value);
}

/** With `%#v`: `map[string]interface {}{"replicas":3}`, `"text"`. */
export function goSyntax(value: unknown): string {
  if (Array.isArray(value)) return `[]interface {}{${value.map(goSyntax).join(', ')}}`;
  if (isJsonObject(value)) {
    const fields = sortedEntries(value).map(([name, item]) => `${JSON.stringify(name)}:${goSyntax(item)}`);
    return `map[string]interface {}{${fields.join(', ')}}`;
  }
  return value === null || value === undefined ? 'interface {}(nil)' : JSON.stringify(value);
}

/** With `%T`: `string`, `map[string]interface {}`. */
export function goType(value: unknown): string {
  if (Array.isArray(value)) return '[]interface {}';
  if (isJsonObject(value)) return 'map[string]interface {}';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64';
  if (typeof value === 'boolean') return 'bool';
  return typeof value === 'string' ? 'string' : '<nil>';
}
