import type { ApiObject, StoredObject } from '../api-object.ts';
import type { Write } from '../storage/object-store.ts';

export type Verb = 'create' | 'delete' | 'deletecollection' | 'get' | 'list' | 'patch' | 'update' | 'watch';

/** A column of `kubectl get`; priority 1 is shown with `-o wide` alone. */
export interface Column {
  name: string;
  type: 'string' | 'integer' | 'boolean';
  format?: 'name';
  description: string;
  priority?: 0 | 1;
}

export type Cell = string | number | boolean | null;

export interface Table {
  columns: Column[];
  row(object: StoredObject): Cell[];
  /** Conditions of a row that a client may show otherwise, such as a pod that has completed. */
  rowConditions?(object: StoredObject): { type: string; status: string; reason: string; message: string }[];
}

/** One API resource: its names, and what the server does for it beyond what it does for all. */
export interface Resource {
  group: string;
  version: string;
  /** The plural, as in a URL: `services`. */
  resource: string;
  singular: string;
  kind: string;
  namespaced: boolean;
  shortNames?: readonly string[];
  categories?: readonly string[];
  verbs: readonly Verb[];
  subresources?: readonly ('status' | 'scale' | 'finalize' | 'binding' | 'eviction')[];
  /** Sent with every answer about this resource. */
  warning?: string;
  strategy: Strategy;
  table: Table;
  /** Where the objects are stored in another form than this resource's: the two forms of events. */
  conversion?: Conversion;
}

interface Conversion {
  /** The `resource` under which the objects are stored. */
  storedAs: string;
  toStored(object: ApiObject): ApiObject;
  fromStored(object: StoredObject): StoredObject;
}

/** What a create or update has to write beside the object itself, and what to do once it is written. */
export interface Allocation {
  writes: Write[];
  commit(): void;
}

export interface DeleteRequest {
  gracePeriodSeconds?: number;
}

/** The registry strategy of a resource; each hook has the name and the moment of the real server's. */
export interface Strategy {
  /** Whether an update without a resourceVersion replaces whatever is there. */
  allowUnconditionalUpdate?: boolean;
  /** Whether a PUT of an object that is not there makes it. */
  allowCreateOnUpdate?: boolean;
  /** Whether DELETE answers with the object instead of a Status. */
  returnDeletedObject?: boolean;
  /** Mutating and validating admission: fills in what the cluster decides, throws an ApiError to refuse. */
  admitCreate?(object: ApiObject): void;
  /** Clears what a client may not set; works in place. */
  prepareForCreate?(object: ApiObject): void;
  prepareForUpdate?(object: ApiObject, old: StoredObject): void;
  /** The same for the status subresource; without it the status alone is taken over. */
  prepareForStatusUpdate?(object: ApiObject, old: StoredObject): void;
  /** Takes what is scarce (addresses, ports); throws an ApiError, having taken nothing, when it cannot. */
  allocateCreate?(object: ApiObject, dryRun: boolean): Allocation;
  allocateUpdate?(object: ApiObject, old: StoredObject, dryRun: boolean): Allocation;
  /** What goes with an object that is removed for good. */
  release?(object: StoredObject): Allocation;
  /** Throws an ApiError when the object may not be deleted. */
  admitDelete?(object: StoredObject): void;
  /** The grace period of a delete in seconds; a resource without this hook goes at once. */
  gracePeriod?(object: StoredObject, request: DeleteRequest): number;
  /** Whether more than metadata.finalizers holds a deleted object. */
  heldAfterDelete?(object: StoredObject): boolean;
  /** Changes the object in place as its deletion begins. */
  beginDelete?(object: ApiObject): void;
  /** What the client is told of an object that is accepted all the same. */
  warnings?(object: ApiObject): string[];
}

export const allVerbs: readonly Verb[] = [
  'create',
  'delete',
  'deletecollection',
  'get',
  'list',
  'patch',
  'update',
  'watch',
];

/** The name under which a resource's objects are stored. */
export function storageOf(resource: Resource): string {
  return resource.conversion?.storedAs ?? resource.resource;
}

export function apiVersionOf(resource: { group: string; version: string }): string {
  return resource.group ? `${resource.group}/${resource.version}` : resource.version;
}
