/** What a person may do in a cluster, as the cluster says: one SelfSubjectAccessReview a question. */
import type { Permission } from '../../app/contract/clusters.ts';
import type { ClusterApi } from './cluster-api.ts';

interface Question {
  group: string;
  resource: string;
  subresource?: string;
  verbs: readonly string[];
  /** Of the whole cluster rather than of a namespace. */
  clusterWide?: true;
}

/** What the window offers to do. */
const QUESTIONS: readonly Question[] = [
  { group: '', resource: 'services', verbs: ['list', 'watch', 'create', 'update', 'patch', 'delete'] },
  { group: '', resource: 'pods', verbs: ['list', 'create', 'delete', 'patch'] },
  { group: '', resource: 'pods', subresource: 'exec', verbs: ['create'] },
  { group: '', resource: 'pods', subresource: 'ephemeralcontainers', verbs: ['patch'] },
  { group: 'apps', resource: 'deployments', verbs: ['list', 'patch'] },
  { group: 'discovery.k8s.io', resource: 'endpointslices', verbs: ['list'] },
  { group: '', resource: 'events', verbs: ['list'] },
  { group: '', resource: 'nodes', verbs: ['list'], clusterWide: true },
];

const REMEMBERED_MS = 60_000;

interface ReviewStatus {
  status?: { allowed?: boolean; reason?: string };
}

export class Permissions {
  readonly #api: ClusterApi;
  readonly #asked = new Map<string, { at: number; answer: Promise<Permission[]> }>();

  constructor(api: ClusterApi) {
    this.#api = api;
  }

  /** Asked once a minute for each namespace. Rejects where the cluster does not answer. */
  in(namespace: string): Promise<Permission[]> {
    const known = this.#asked.get(namespace);
    if (known && Date.now() - known.at < REMEMBERED_MS) return known.answer;
    const answer = this.#ask(namespace);
    this.#asked.set(namespace, { at: Date.now(), answer });
    answer.catch(() => this.#asked.delete(namespace));
    return answer;
  }

  async #ask(namespace: string): Promise<Permission[]> {
    return Promise.all(
      QUESTIONS.flatMap((question) => question.verbs.map((verb) => this.#review(question, verb, namespace))),
    );
  }

  async #review(question: Question, verb: string, namespace: string): Promise<Permission> {
    const { group, resource, subresource, clusterWide } = question;
    const { object } = await this.#api.call<ReviewStatus>({
      method: 'POST',
      path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
      body: {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SelfSubjectAccessReview',
        spec: {
          resourceAttributes: {
            verb,
            group,
            resource,
            ...(subresource ? { subresource } : {}),
            ...(clusterWide ? {} : { namespace }),
          },
        },
      },
    });
    const name = subresource ? `${resource}/${subresource}` : resource;
    return {
      resource: group === '' ? name : `${name}.${group}`,
      verb,
      allowed: object.status?.allowed === true,
      reason: object.status?.reason ?? '',
    };
  }
}
