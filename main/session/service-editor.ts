/** Services checked, saved and deleted, by the cluster's own API. */
import type { Draft, ObjectName, Stored } from '../../app/contract/objects.ts';
import type { ApplyOutcome, CheckOutcome, CreateOutcome, UpdateOutcome } from '../../app/contract/save.ts';
import { ManifestError, readManifest } from '../../app/kubernetes/manifest.ts';
import type { KubernetesObject, Service } from '../../app/kubernetes/objects.ts';
import { parseGroupVersionKind } from '../../app/kubernetes/schema/kinds.ts';
import type { ClusterApi } from '../cluster/cluster-api.ts';
import { defaultNodePortRange } from '../lab/api-server/allocation/node-port-allocator.ts';
import { type ApiError, isAlreadyExists, isConflict, isNotFound } from '../lab/api-server/api-error.ts';
import { contractError, refusalOf } from './refusals.ts';
import { ServiceApply } from './service-apply.ts';

type StoredService = Stored<Service>;

/** The manager that kubectl and others see as the owner of what the window writes. */
const MANAGER = { fieldManager: 'kube-proxy-lab-ui', fieldValidation: 'Strict' };
const DRY_RUN = { ...MANAGER, dryRun: 'All' };

/** A Service whose status moves meanwhile is read again and deleted all the same. */
const ATTEMPTS = 5;

/** What a plain create in a manifest may be of; nothing else is served by the lab as people's own. */
const CREATED_KINDS: Readonly<Record<string, string>> = {
  Service: 'services',
  Pod: 'pods',
  Deployment: 'deployments',
  ReplicaSet: 'replicasets',
  EndpointSlice: 'endpointslices',
  Endpoints: 'endpoints',
  Namespace: 'namespaces',
};

export class ServiceEditor {
  readonly #api: ClusterApi;
  readonly #apply: ServiceApply | undefined;

  /**
   * @param way how changes are saved: `replace` is a PUT of the whole; `apply` a server-side apply of what was changed,
   * as among others who apply to the same cluster
   */
  constructor(api: ClusterApi, way: 'replace' | 'apply') {
    this.#api = api;
    this.#apply = way === 'apply' ? new ServiceApply(api) : undefined;
  }

  async check(object: Draft, as: 'create' | 'update'): Promise<CheckOutcome> {
    const outcome = as === 'create' ? await this.#create(object, DRY_RUN) : await this.#checkUpdate(object);
    if (outcome.outcome !== 'saved') return outcome;
    // Which ports another cluster gives is its own business.
    if (this.#apply) return { ...outcome, outcome: 'valid' };
    return portsOutOfRange(object, outcome.object) ?? { ...outcome, outcome: 'valid' };
  }

  create(object: Draft): Promise<CreateOutcome> {
    return this.#create(object, MANAGER);
  }

  /** @param force take over fields that others own */
  update(object: Draft, force: boolean): Promise<UpdateOutcome> {
    return this.#apply ? this.#apply.save(object, { force }) : this.#update(object, MANAGER);
  }

  #checkUpdate(object: Draft): Promise<UpdateOutcome> {
    return this.#apply ? this.#apply.check(object) : this.#update(object, DRY_RUN);
  }

  /** Deletes it and gives what was deleted, and nothing older: it is what an undo makes again. */
  async remove(key: ObjectName): Promise<StoredService> {
    for (let attempt = 1; ; attempt++) {
      const deleted = await this.#get(key);
      const { uid, resourceVersion } = deleted.metadata;
      const body = { preconditions: { uid, resourceVersion } };
      try {
        await this.#api.call({ method: 'DELETE', path: pathOf(key), body });
        return deleted;
      } catch (error) {
        if (!isConflict(error) || attempt === ATTEMPTS) throw error;
      }
    }
  }

  /** Makes a deleted object again; what the server itself gives to every object is left to it. */
  restore(object: Draft): Promise<CreateOutcome> {
    const { status: _, ...rest } = object;
    const { name, namespace, labels, annotations, finalizers } = object.metadata ?? {};
    const metadata = {
      ...(name === undefined ? {} : { name }),
      ...(namespace === undefined ? {} : { namespace }),
      ...(labels && { labels }),
      ...(annotations && { annotations }),
      ...(finalizers && { finalizers }),
    };
    return this.#create({ ...rest, metadata }, MANAGER);
  }

  /** Makes the objects of a manifest, in order. */
  async apply(text: string, namespace: string): Promise<ApplyOutcome[]> {
    const outcomes: ApplyOutcome[] = [];
    for (const { object } of manifestObjects(text)) outcomes.push(await this.#applyOne(object, namespace));
    return outcomes;
  }

  async #applyOne(object: KubernetesObject, namespace: string): Promise<ApplyOutcome> {
    const { kind, group, version } = parseGroupVersionKind(object);
    const own = object.metadata?.namespace ?? namespace;
    const named = { kind, namespace: own, name: object.metadata?.name ?? '' };
    const resource = CREATED_KINDS[kind];
    if (!resource) {
      const message = `a manifest may hold ${Object.keys(CREATED_KINDS).join(', ')} here, no ${kind || 'object without a kind'}`;
      return { ...named, result: { outcome: 'refused', code: 'BadRequest', message } };
    }
    const base = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
    const path =
      kind === 'Namespace'
        ? `${base}/${resource}`
        : `${base}/namespaces/${encodeURIComponent(own)}/${resource}`;
    try {
      await this.#api.call({ method: 'POST', path, query: MANAGER, body: object });
      return { ...named, result: { outcome: 'created' } };
    } catch (error) {
      // A Service's fixed addresses and ports are refused as taken before its name is: by itself, it may be.
      if (
        isAlreadyExists(error) ||
        (named.name && (await this.#exists(`${path}/${encodeURIComponent(named.name)}`)))
      ) {
        return { ...named, result: { outcome: 'unchanged' } };
      }
      return { ...named, result: refusalOf(error) };
    }
  }

  async #exists(path: string): Promise<boolean> {
    try {
      await this.#api.call({ method: 'GET', path });
      return true;
    } catch (error) {
      if (isNotFound(error)) return false;
      throw error;
    }
  }

  async #get(key: ObjectName): Promise<StoredService> {
    return (await this.#api.call<StoredService>({ method: 'GET', path: pathOf(key) })).object;
  }

  async #create(object: Draft, query: Record<string, string>): Promise<CreateOutcome> {
    const namespace = object.metadata?.namespace || 'default';
    try {
      const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/services`;
      const answer = await this.#api.call<StoredService>({
        method: 'POST',
        path,
        query,
        body: asService(object),
      });
      return { outcome: 'saved', ...answer };
    } catch (error) {
      return refusalOf(error);
    }
  }

  async #update(object: Draft, query: Record<string, string>): Promise<UpdateOutcome> {
    const key = { namespace: object.metadata?.namespace || 'default', name: object.metadata?.name ?? '' };
    if (!key.name) return missingName();
    const path = pathOf(key);
    // A PUT makes what is not there, unless it names the object it is meant for.
    if (object.metadata?.uid === undefined && !(await this.#exists(path))) {
      return { outcome: 'gone', message: `services "${key.name}" not found` };
    }
    try {
      const answer = await this.#api.call<StoredService>({
        method: 'PUT',
        path,
        query,
        body: asService(object),
      });
      return { outcome: 'saved', ...answer };
    } catch (error) {
      if (isNotFound(error)) return { outcome: 'gone', message: (error as ApiError).message };
      if (isConflict(error)) return this.#conflict(key, object, error as ApiError);
      return refusalOf(error);
    }
  }

  /** What is there instead; one of the same name with another uid is not the object that was edited. */
  async #conflict(key: ObjectName, object: Draft, { message }: ApiError): Promise<UpdateOutcome> {
    try {
      const current = await this.#get(key);
      const { uid } = object.metadata ?? {};
      if (uid !== undefined && uid !== current.metadata.uid) return { outcome: 'gone', message };
      return { outcome: 'conflict', message, current };
    } catch (error) {
      if (isNotFound(error)) return { outcome: 'gone', message: (error as ApiError).message };
      throw error;
    }
  }
}

function pathOf({ namespace, name }: ObjectName): string {
  return `/api/v1/namespaces/${encodeURIComponent(namespace)}/services/${encodeURIComponent(name)}`;
}

/** What the editor may leave out, because it edits nothing else. */
function asService(object: Draft): Draft {
  return { apiVersion: 'v1', kind: 'Service', ...object };
}

/** A dry run allocates nothing, and so does not look whether a port could be: the save would be refused. */
function portsOutOfRange(draft: Draft, { metadata, spec }: StoredService): CheckOutcome | undefined {
  const { first, last } = defaultNodePortRange;
  const asked = (draft as Service).spec?.ports ?? [];
  const problems = (spec?.ports ?? []).flatMap(({ nodePort }, index) => {
    // A port that the dry run itself has chosen is a stand-in, out of the range on purpose.
    if (!nodePort || asked[index]?.nodePort !== nodePort || (nodePort >= first && nodePort <= last))
      return [];
    const why = `provided port is not in the valid range. The range of valid ports is ${first}-${last}`;
    const field = `spec.ports[${index}].nodePort`;
    return [{ field, message: `Invalid value: ${nodePort}: ${why}`, reason: 'FieldValueInvalid' }];
  });
  if (problems.length === 0) return undefined;
  const complaints = problems.map(({ field, message }) => `${field}: ${message}`).join(', ');
  const message = `Service "${metadata.name}" is invalid: ${complaints}`;
  return { outcome: 'invalid', message, problems };
}

function missingName(): UpdateOutcome {
  const message = 'Required value: name or generateName is required';
  return {
    outcome: 'invalid',
    message: `metadata.name: ${message}`,
    problems: [{ field: 'metadata.name', message, reason: 'FieldValueRequired' }],
  };
}

function manifestObjects(text: string): ReturnType<typeof readManifest> {
  try {
    return readManifest(text, 'manifest');
  } catch (error) {
    if (error instanceof ManifestError) throw contractError('REFUSED', error.message);
    throw error;
  }
}
