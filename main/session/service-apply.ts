/** Changes of a Service saved by server-side apply, so that what others own of it stays theirs. */
import type { Draft, Stored } from '../../app/contract/objects.ts';
import type { Owned, UpdateOutcome } from '../../app/contract/save.ts';
import { appliedChanges, ownersOf, pathText } from '../../app/kubernetes/apply/applied-changes.ts';
import { rootSchema } from '../../app/kubernetes/apply/typed-value.ts';
import type { JsonObject } from '../../app/kubernetes/json.ts';
import type { Service } from '../../app/kubernetes/objects.ts';
import { schemaFor, type ValueSchema } from '../../app/kubernetes/schema/schema.ts';
import type { ApiAnswer, ClusterApi } from '../cluster/cluster-api.ts';
import { ApiError, isConflict, isNotFound } from '../lab/api-server/api-error.ts';
import { refusalOf } from './refusals.ts';

type StoredService = Stored<Service>;

/** The manager that others see as the owner of what was changed here. */
const MANAGER = 'kube-proxy-lab';
/** What was created or restored here is no other's: those are plain writes, under a name of their own. */
const OURS = new Set([MANAGER, 'kube-proxy-lab-ui']);

interface Way {
  force: boolean;
  dryRun: boolean;
}

export class ServiceApply {
  readonly #api: ClusterApi;

  constructor(api: ClusterApi) {
    this.#api = api;
  }

  /** What the save would come to; nothing is done. */
  check(object: Draft): Promise<UpdateOutcome> {
    return this.#try(object, { force: false, dryRun: true });
  }

  /** A dry run first: what it refuses is not done by half. */
  async save(object: Draft, { force }: { force: boolean }): Promise<UpdateOutcome> {
    const tried = await this.#try(object, { force, dryRun: true });
    return tried.outcome === 'saved' ? this.#try(object, { force, dryRun: false }) : tried;
  }

  async #try(object: Draft, way: Way): Promise<UpdateOutcome> {
    const outcome = await this.#outcome(object, way);
    const ours =
      outcome.outcome === 'owned' && outcome.fields.every(({ managers }) => managers.every(isOurs));
    return ours && !way.force ? this.#outcome(object, { ...way, force: true }) : outcome;
  }

  async #outcome(object: Draft, way: Way): Promise<UpdateOutcome> {
    const path = pathOf(object);
    try {
      const { object: live } = await this.#api.call<StoredService>({ method: 'GET', path });
      const { uid, resourceVersion } = object.metadata ?? {};
      if (uid !== undefined && uid !== live.metadata.uid) {
        return { outcome: 'gone', message: `services "${live.metadata.name}" was deleted and made again` };
      }
      if (resourceVersion !== undefined && resourceVersion !== live.metadata.resourceVersion) {
        return { outcome: 'conflict', message: 'somebody else has changed it meanwhile', current: live };
      }
      return await this.#change(object, live, way);
    } catch (error) {
      if (isNotFound(error)) return { outcome: 'gone', message: (error as ApiError).message };
      return ownedOf(error) ?? (await this.#conflict(error, path)) ?? refusalOf(error);
    }
  }

  async #change(object: Draft, live: StoredService, way: Way): Promise<UpdateOutcome> {
    const { configuration, removed } = appliedChanges({
      schema: serviceSchema(),
      live: live as unknown as JsonObject,
      edited: object as JsonObject,
      manager: MANAGER,
    });
    if (configuration === undefined) return { outcome: 'saved', object: live, warnings: [] };
    if (removed.length === 0) return saved(await this.#patch(configuration, live, way));
    // Apply takes nothing out that others own: that is a replacement, and theirs to lose.
    if (way.force) return saved(await this.#replace(object, live, way));
    const fields = removed.map((path) => ({
      field: pathText(path),
      managers: ownersOf(live as unknown as JsonObject, path),
    }));
    return { outcome: 'owned', message: 'others own fields that the change takes out', fields };
  }

  #patch(
    configuration: JsonObject,
    live: StoredService,
    { force, dryRun }: Way,
  ): Promise<ApiAnswer<StoredService>> {
    const { name, namespace, resourceVersion } = live.metadata;
    const metadata = { ...(configuration['metadata'] as JsonObject), name, namespace, resourceVersion };
    return this.#api.call<StoredService>({
      method: 'PATCH',
      patch: 'apply',
      path: pathOf(live),
      query: { ...queryOf(dryRun), force: String(force) },
      body: { apiVersion: 'v1', kind: 'Service', ...configuration, metadata },
    });
  }

  #replace(object: Draft, live: StoredService, { dryRun }: Way): Promise<ApiAnswer<StoredService>> {
    const metadata = { ...object.metadata, resourceVersion: live.metadata.resourceVersion };
    return this.#api.call<StoredService>({
      method: 'PUT',
      path: pathOf(live),
      query: queryOf(dryRun),
      body: { apiVersion: 'v1', kind: 'Service', ...object, metadata },
    });
  }

  /** Changed between the look and the write. */
  async #conflict(error: unknown, path: string): Promise<UpdateOutcome | undefined> {
    if (!isConflict(error)) return undefined;
    const { object: current } = await this.#api.call<StoredService>({ method: 'GET', path });
    return { outcome: 'conflict', message: (error as ApiError).message, current };
  }
}

function isOurs(manager: string): boolean {
  return OURS.has(manager);
}

function saved(answer: ApiAnswer<StoredService>): UpdateOutcome {
  return { outcome: 'saved', ...answer };
}

function queryOf(dryRun: boolean): Record<string, string> {
  return { fieldManager: MANAGER, fieldValidation: 'Strict', ...(dryRun ? { dryRun: 'All' } : {}) };
}

/** `conflict with "kubectl-client-side-apply" using v1` */
const OWNER = /conflict with "([^"]*)"/;

function ownedOf(error: unknown): Owned | undefined {
  if (!(error instanceof ApiError) || error.code !== 409) return undefined;
  const causes = (error.details?.causes ?? []).filter(({ reason }) => reason === 'FieldManagerConflict');
  if (causes.length === 0) return undefined;
  const fields = causes.map(({ field = '', message = '' }) => ({
    field,
    managers: [OWNER.exec(message)?.[1] ?? message],
  }));
  return { outcome: 'owned', message: error.message, fields };
}

function pathOf({ metadata }: Draft | StoredService): string {
  const { namespace = 'default', name = '' } = metadata ?? {};
  return `/api/v1/namespaces/${encodeURIComponent(namespace)}/services/${encodeURIComponent(name)}`;
}

function serviceSchema(): ValueSchema {
  const type = schemaFor({ group: '', version: 'v1', kind: 'Service' });
  if (!type) throw new Error('there is no schema of a Service');
  return rootSchema(type);
}
