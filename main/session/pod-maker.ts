/** The pods behind a Service, made and troubled by hand. */
import { randomBytes } from 'node:crypto';
import type { Deployment, ObjectName, Stored } from '../../app/contract/objects.ts';
import type { Container, KubernetesObject, Pod, Service } from '../../app/kubernetes/objects.ts';
import { readyAnnotation, terminationAnnotation } from '../../app/lab/pod-annotations.ts';
import type { LabClient } from '../lab/api-server/registry/lab-client.ts';
import { contractError } from './refusals.ts';

type StoredPod = Stored<Pod>;

const NAME_SUFFIX_BYTES = 3;
/** A name's limit for a pod whose containers' host name it becomes. */
const MOST_NAME = 63;

export class PodMaker {
  readonly #client: LabClient;

  constructor(client: LabClient) {
    this.#client = client;
  }

  /** A pod that the Service selects and that listens on its target ports. */
  createFor(key: ObjectName): StoredPod {
    const service = this.#service(key);
    const selector = selectorOf(service);
    const [sibling] = this.#podsOf(service);
    const containers = sibling?.spec?.containers?.map(plainContainer) ?? [containerFor(service)];
    const suffix = `-${randomBytes(NAME_SUFFIX_BYTES).toString('hex')}`;
    return this.#client.create<Pod>('pods', {
      metadata: {
        name: `${key.name.slice(0, MOST_NAME - suffix.length)}${suffix}`,
        namespace: key.namespace,
        labels: { ...selector },
      },
      spec: { containers },
    });
  }

  scaleFor(key: ObjectName, replicas: number): { replicas: number; deployment: string | null } {
    const service = this.#service(key);
    const deployment = this.#deploymentOf(service);
    if (deployment) {
      const { name, namespace = 'default' } = deployment.metadata;
      this.#client.patch('deployments', { name, namespace }, { patch: { spec: { replicas } } });
      return { replicas, deployment: name };
    }
    const pods = this.#podsOf(service).sort(youngestFirst);
    for (const { metadata } of pods.slice(0, Math.max(0, pods.length - replicas))) this.#delete(metadata);
    for (let count = pods.length; count < replicas; count++) this.createFor(key);
    return { replicas, deployment: null };
  }

  remove(key: ObjectName): void {
    this.#pod(key);
    this.#client.delete('pods', key, { gracePeriodSeconds: 0 });
  }

  setReady(key: ObjectName, ready: boolean): StoredPod {
    this.#pod(key);
    // A null takes the annotation away: ready is what a pod is when nobody says otherwise.
    const annotations = { [readyAnnotation]: ready ? null : 'false' };
    return this.#client.patch<Pod>('pods', key, { patch: { metadata: { annotations } } });
  }

  terminateSlowly(key: ObjectName, seconds: number): StoredPod {
    this.#pod(key);
    const annotations = { [terminationAnnotation]: String(seconds) };
    this.#client.patch<Pod>('pods', key, { patch: { metadata: { annotations } } });
    this.#client.delete('pods', key, { gracePeriodSeconds: seconds });
    return this.#pod(key);
  }

  #delete({ name, namespace = 'default' }: StoredPod['metadata']): void {
    this.#client.delete('pods', { name, namespace }, { gracePeriodSeconds: 0 });
  }

  #service(key: ObjectName): Stored<Service> {
    const service = this.#client.get<Service>('services', key);
    if (!service) throw contractError('NOT_FOUND', `there is no Service ${key.namespace}/${key.name}`);
    return service;
  }

  #pod(key: ObjectName): StoredPod {
    const pod = this.#client.get<Pod>('pods', key);
    if (!pod) throw contractError('NOT_FOUND', `there is no pod ${key.namespace}/${key.name}`);
    return pod;
  }

  /** Those that do not end already. */
  #podsOf(service: Stored<Service>): StoredPod[] {
    const selector = selectorOf(service);
    return this.#client
      .list<Pod>('pods', { namespace: service.metadata.namespace })
      .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
      .filter(({ metadata }) => selects(selector, metadata.labels));
  }

  /** The Deployment whose pods the Service selects, by the labels of its template. */
  #deploymentOf(service: Stored<Service>): Stored<Deployment> | undefined {
    const selector = selectorOf(service);
    return this.#client
      .list<Deployment>('deployments', { namespace: service.metadata.namespace })
      .find(({ spec }) => selects(selector, spec?.template?.metadata?.labels));
  }
}

function selectorOf({ metadata, spec }: Stored<Service>): Record<string, string> {
  if (spec?.selector && Object.keys(spec.selector).length > 0) return spec.selector;
  throw contractError(
    'REFUSED',
    `Service ${metadata.namespace}/${metadata.name} has no selector: no pod can be made to match it`,
  );
}

function selects(selector: Record<string, string>, labels: Record<string, string> | undefined): boolean {
  return Object.entries(selector).every(([key, value]) => labels?.[key] === value);
}

function youngestFirst(left: StoredPod, right: StoredPod): number {
  const byTime = (right.metadata.creationTimestamp ?? '').localeCompare(
    left.metadata.creationTimestamp ?? '',
  );
  return byTime || Number(right.metadata.resourceVersion) - Number(left.metadata.resourceVersion);
}

/** A container like another's, without what the server filled in. */
function plainContainer({ name, image, ports }: Container): Container {
  return { name, ...(image ? { image } : {}), ...(ports ? { ports } : {}) };
}

/** A container that listens where the Service sends. A named target port gets the Service port's own number. */
function containerFor(service: KubernetesObject & Service): Container {
  const ports = (service.spec?.ports ?? []).map(({ port, targetPort = port, protocol }) => ({
    containerPort: typeof targetPort === 'number' ? targetPort || port : port,
    ...(typeof targetPort === 'string' ? { name: targetPort } : {}),
    ...(protocol ? { protocol } : {}),
  }));
  const seen = new Set<string>();
  const distinct = ports.filter(({ containerPort, protocol = 'TCP' }) => {
    const id = `${containerPort}/${protocol}`;
    return !seen.has(id) && seen.add(id);
  });
  return { name: 'echo', image: 'kube-proxy-lab/echo', ...(distinct.length > 0 ? { ports: distinct } : {}) };
}
