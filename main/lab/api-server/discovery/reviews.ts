import { isJsonObject, type JsonObject } from '../../../../app/kubernetes/json.ts';

/** The cluster's only user, who may do everything, as the admin of a fresh cluster may. */
export const clusterAdmin = {
  username: 'kube-proxy-lab-admin',
  groups: ['system:masters', 'system:authenticated'],
} as const;

/** A question about the user: created to be answered, never kept. */
export interface Review {
  group: string;
  version: string;
  resource: string;
  singular: string;
  kind: string;
  namespaced: boolean;
  answer(body: JsonObject): JsonObject;
}

export const reviews: readonly Review[] = [
  {
    group: 'authorization.k8s.io',
    version: 'v1',
    resource: 'selfsubjectaccessreviews',
    singular: 'selfsubjectaccessreview',
    kind: 'SelfSubjectAccessReview',
    namespaced: false,
    answer: () => ({ allowed: true }),
  },
  {
    group: 'authorization.k8s.io',
    version: 'v1',
    resource: 'selfsubjectrulesreviews',
    singular: 'selfsubjectrulesreview',
    kind: 'SelfSubjectRulesReview',
    namespaced: false,
    answer: () => ({
      resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }],
      nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
      incomplete: false,
    }),
  },
  {
    group: 'authentication.k8s.io',
    version: 'v1',
    resource: 'selfsubjectreviews',
    singular: 'selfsubjectreview',
    kind: 'SelfSubjectReview',
    namespaced: false,
    answer: () => ({ userInfo: { username: clusterAdmin.username, groups: [...clusterAdmin.groups] } }),
  },
];

/** The review with its answer. */
export function answered(review: Review, body: unknown): JsonObject {
  const given = isJsonObject(body) ? body : {};
  return {
    kind: review.kind,
    apiVersion: `${review.group}/${review.version}`,
    metadata: { creationTimestamp: null, ...(isJsonObject(given['metadata']) ? given['metadata'] : {}) },
    ...(given['spec'] !== undefined && { spec: given['spec'] }),
    status: review.answer(given),
  };
}
