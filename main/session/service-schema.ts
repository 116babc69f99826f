/** The JSON Schema of a Service, for an editor's completion. */
import { type Docs, openApiDefinitions } from '../../app/kubernetes/openapi/definitions.ts';
import { V3 } from '../../app/kubernetes/openapi/dialect.ts';
import { definitionOf } from '../../app/kubernetes/schema/kinds.ts';

/** JSON Schema 2020-12, with the API's own descriptions; definitions under `$defs`. */
export async function serviceJsonSchema(): Promise<Record<string, unknown>> {
  const root = definitionOf({ group: '', version: 'v1', kind: 'Service' });
  if (root === undefined) throw new Error('the schema has no Service');
  const module: { default: Docs } = await import('../../app/kubernetes/schema/docs.generated.json', {
    with: { type: 'json' },
  });
  const dialect = { ...V3, prefix: '#/$defs/' };
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $ref: `#/$defs/${root}`,
    $defs: openApiDefinitions([root], module.default, dialect),
  };
}
