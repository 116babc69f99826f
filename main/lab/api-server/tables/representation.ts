import { badRequest } from '../api-error.ts';
import type { StoredObject } from '../api-object.ts';
import type { ListResult } from '../registry/list-objects.ts';
import { apiVersionOf, type Resource } from '../resources/resource.ts';

/** How much of an object goes with its row. */
export type IncludeObject = 'Metadata' | 'Object' | 'None';

/** @throws ApiError (400) */
export function parseIncludeObject(text: string | null): IncludeObject {
  switch (text) {
    case null:
    case '':
    case 'Metadata':
      return 'Metadata';
    case 'Object':
    case 'None':
      return text;
    default:
      throw badRequest(
        `Unable to convert to Table as requested: includeObject: Invalid value: "${text}": must be 'Metadata', 'Object', 'None', or empty`,
      );
  }
}

export interface ListMeta {
  resourceVersion: string;
  continue?: string;
  remainingItemCount?: number;
}

export function listMetaOf({ resourceVersion, continueToken, remainingItemCount }: ListResult): ListMeta {
  return {
    resourceVersion,
    ...(continueToken !== undefined && { continue: continueToken }),
    ...(remainingItemCount !== undefined && { remainingItemCount }),
  };
}

/** Objects as a `meta.k8s.io/v1` Table: what `kubectl get` prints. A watch gives the columns once. */
export function toTable(
  resource: Pick<Resource, 'table' | 'conversion'>,
  objects: StoredObject[],
  {
    metadata,
    includeObject,
    columns = true,
  }: { metadata: unknown; includeObject: IncludeObject; columns?: boolean },
): unknown {
  const { table } = resource;
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    columnDefinitions: columns
      ? table.columns.map(({ name, type, format = '', description, priority = 0 }) => ({
          name,
          type,
          format,
          description,
          priority,
        }))
      : null,
    rows: objects.map((object) => {
      const stored = (resource.conversion?.toStored(object) ?? object) as StoredObject;
      const conditions = table.rowConditions?.(stored) ?? [];
      return {
        cells: table.row(stored),
        ...(conditions.length > 0 && { conditions }),
        ...rowObject(object, includeObject),
      };
    }),
  };
}

function rowObject(object: StoredObject, includeObject: IncludeObject): { object: unknown } | undefined {
  if (includeObject === 'None') return { object: null };
  return { object: includeObject === 'Object' ? object : toPartial(object.metadata) };
}

/** Metadata alone, as a `PartialObjectMetadata`. */
export function toPartial(metadata: unknown): unknown {
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata };
}

export function toPartialList(objects: StoredObject[], metadata: ListMeta): unknown {
  return {
    kind: 'PartialObjectMetadataList',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    items: objects.map((object) => toPartial(object.metadata)),
  };
}

/** `ServiceList` and the like. Items say nothing of their kind: the list does. */
export function toList(resource: Resource, objects: StoredObject[], metadata: ListMeta): unknown {
  return {
    kind: `${resource.kind}List`,
    apiVersion: apiVersionOf(resource),
    metadata,
    items: objects.map(({ kind: _kind, apiVersion: _apiVersion, ...item }) => item),
  };
}
