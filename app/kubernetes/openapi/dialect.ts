/**
 * What OpenAPI v2 and v3 say differently: where a definition is referred to, and the types that are more
 * than one JSON type.
 */
import type { JsonObject } from '../json.ts';

export interface Dialect {
  /** `#/definitions/` or `#/components/schemas/`. */
  prefix: string;
  /** A field that holds an object of a type. */
  reference(definition: string, description: string | undefined, byValue: boolean): JsonObject;
  /** A value that is either of two JSON types. */
  either(first: string, second: string, v2Type: string): JsonObject;
  /** Whether enums and defaults are told. */
  detailed: boolean;
}

export const V3: Dialect = {
  prefix: '#/components/schemas/',
  reference(definition, description, byValue) {
    const $ref = { $ref: `${this.prefix}${definition}` };
    if (description === undefined && !byValue) return $ref;
    return {
      allOf: [$ref],
      ...(byValue ? { default: {} } : {}),
      ...(description === undefined ? {} : { description }),
    };
  },
  either: (first, second) => ({ oneOf: [{ type: first }, { type: second }] }),
  detailed: true,
};

export const V2: Dialect = {
  prefix: '#/definitions/',
  reference(definition, description) {
    return { $ref: `${this.prefix}${definition}`, ...(description === undefined ? {} : { description }) };
  },
  either: (_first, _second, v2Type) => ({ type: v2Type }),
  detailed: false,
};
