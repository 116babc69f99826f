/**
 * The OpenAPI documents an API server answers with at `/openapi/v2` and `/openapi/v3/…`.
 *
 * Descriptions are large and rarely asked for: they are loaded when the first document is made.
 */
import type { JsonObject } from '../json.ts';
import { type Docs, openApiDefinitions } from './definitions.ts';
import { type Dialect, V2, V3 } from './dialect.ts';
import { groupVersionPath, type OpenApiResource, openApiPaths, resourceDefinitions } from './paths.ts';

export type { OpenApiResource } from './paths.ts';

export interface OpenApiOptions {
  /** Every resource served; a v3 document takes those of its own group and version. */
  resources: readonly OpenApiResource[];
  /** The API server's version, `v1.36.2`. */
  version: string;
}

/** The document of one group and version, `{group: 'apps', version: 'v1'}`. */
export async function openApiV3(
  groupVersion: { group: string; version: string },
  { resources, version }: OpenApiOptions,
): Promise<JsonObject> {
  const own = resources.filter(
    (resource) => resource.group === groupVersion.group && resource.version === groupVersion.version,
  );
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version },
    paths: openApiPaths(own, V3),
    components: { schemas: await definitions(own, V3) },
  };
}

/** The document of all groups (kubectl itself asks for v3). */
export async function openApiV2({ resources, version }: OpenApiOptions): Promise<JsonObject> {
  return {
    swagger: '2.0',
    info: { title: 'Kubernetes', version },
    paths: openApiPaths(resources, V2),
    definitions: await definitions(resources, V2),
  };
}

/**
 * The answer to `/openapi/v3`: where each group and version's document is. The hash lets clients keep a
 * document until it changes.
 */
export function openApiV3Index({ resources, version }: OpenApiOptions): JsonObject {
  const roots = [...new Set(resources.map((resource) => groupVersionPath(resource).slice(1)))].sort();
  return {
    paths: Object.fromEntries(
      roots.map((root) => [
        root,
        { serverRelativeURL: `/openapi/v3/${root}?hash=${encodeURIComponent(version)}` },
      ]),
    ),
  };
}

async function definitions(resources: readonly OpenApiResource[], dialect: Dialect): Promise<JsonObject> {
  const module: { default: Docs } = await import('../schema/docs.generated.json', { with: { type: 'json' } });
  return openApiDefinitions(resourceDefinitions(resources), module.default, dialect);
}
