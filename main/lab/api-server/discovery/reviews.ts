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
  /** @param user who asks, where it is not the admin but one who may do nothing */
  answer(user: string | undefined): JsonObject;
}

export const reviews: readonly Review[] = [
  {
    group: 'authorization.k8s.io',
    version: 'v1',
    resource: 'selfsubjectaccessreviews',
    singular: 'selfsubjectaccessreview',
    kind: 'SelfSubjectAccessReview',
    namespaced: false,
    answer: (user) => ({ allowed: user === undefined }),
  },
  {
    group: 'authorization.k8s.io',
    version: 'v1',
    resource: 'selfsubjectrulesreviews',
    singular: 'selfsubjectrulesreview',
    kind: 'SelfSubjectRulesReview',
    namespaced: false,
    answer: (user) => ({
      resourceRules: user === undefined ? [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }] : [],
      nonResourceRules: user === undefined ? [{ verbs: ['*'], nonResourceURLs: ['*'] }] : [],
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
    answer: (user) => ({
      userInfo:
        user === undefined
          ? { username: clusterAdmin.username, groups: [...clusterAdmin.groups] }
          : { username: user, groups: ['system:authenticated'] },
    }),
  },
];

/** The review with its answer. */
export function answered(review: Review, body: unknown, user: string | undefined): JsonObject {
  const given = isJsonObject(body) ? body : {};
  return {
    kind: review.kind,
    apiVersion: `${review.group}/${review.version}`,
    metadata: { creationTimestamp: null, ...(isJsonObject(given['metadata']) ? given['metadata'] : {}) },
    ...(given['spec'] !== undefined && { spec: given['spec'] }),
    status: review.answer(user),
  };
}
