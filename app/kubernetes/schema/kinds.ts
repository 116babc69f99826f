/** The kinds whose structure is known here, and the definition that describes each. */

export interface GroupVersionKind {
  group: string;
  version: string;
  kind: string;
}

const V1_GROUPS: Readonly<
  Record<string, { group: string; kinds: readonly string[]; listed: readonly string[] }>
> = {
  'io.k8s.api.core.v1': {
    group: '',
    kinds: [],
    listed: [
      'ConfigMap',
      'Endpoints',
      'Event',
      'LimitRange',
      'Namespace',
      'Node',
      'Pod',
      'ResourceQuota',
      'Secret',
      'Service',
      'ServiceAccount',
    ],
  },
  'io.k8s.api.apps.v1': { group: 'apps', kinds: [], listed: ['Deployment', 'ReplicaSet'] },
  'io.k8s.api.autoscaling.v1': { group: 'autoscaling', kinds: ['Scale'], listed: [] },
  'io.k8s.api.authentication.v1': {
    group: 'authentication.k8s.io',
    kinds: ['SelfSubjectReview'],
    listed: [],
  },
  'io.k8s.api.authorization.v1': {
    group: 'authorization.k8s.io',
    kinds: ['SelfSubjectAccessReview', 'SelfSubjectRulesReview'],
    listed: [],
  },
  'io.k8s.api.coordination.v1': { group: 'coordination.k8s.io', kinds: [], listed: ['Lease'] },
  'io.k8s.api.discovery.v1': { group: 'discovery.k8s.io', kinds: [], listed: ['EndpointSlice'] },
  'io.k8s.api.events.v1': { group: 'events.k8s.io', kinds: [], listed: ['Event'] },
  'io.k8s.api.networking.v1': { group: 'networking.k8s.io', kinds: [], listed: ['IPAddress', 'ServiceCIDR'] },
  'io.k8s.apimachinery.pkg.apis.meta.v1': {
    group: '',
    kinds: ['APIGroupList', 'APIResourceList', 'APIVersions', 'Status'],
    listed: [],
  },
};

const DELETE_OPTIONS = 'io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions';

function kindTable(): Map<string, { definition: string; gvk: GroupVersionKind }> {
  const table = new Map<string, { definition: string; gvk: GroupVersionKind }>();
  for (const [prefix, { group, kinds, listed }] of Object.entries(V1_GROUPS)) {
    for (const kind of [...kinds, ...listed, ...listed.map((item) => `${item}List`)]) {
      const gvk = { group, version: 'v1', kind };
      table.set(gvkKey(gvk), { definition: `${prefix}.${kind}`, gvk });
    }
  }
  return table;
}

/** `apps/v1, Kind=Deployment`; `/v1, Kind=Service` for the core group, as the API's machinery prints them. */
export function gvkKey({ group, version, kind }: GroupVersionKind): string {
  return `${group}/${version}, Kind=${kind}`;
}

const KINDS = kindTable();

/** The definition's name for a kind, or undefined for one that is not known. Every group has its DeleteOptions. */
export function definitionOf(gvk: GroupVersionKind): string | undefined {
  if (gvk.kind === 'DeleteOptions') return DELETE_OPTIONS;
  return KINDS.get(gvkKey(gvk))?.definition;
}

/** The kinds that a definition describes: the `x-kubernetes-group-version-kind` extension. */
export function kindsOf(definition: string): GroupVersionKind[] {
  return [...KINDS.values()].filter((entry) => entry.definition === definition).map((entry) => entry.gvk);
}

/** `{apiVersion: 'apps/v1', kind: 'Deployment'}` → its group, version and kind. */
export function parseGroupVersionKind(object: { apiVersion?: string; kind?: string }): GroupVersionKind {
  const apiVersion = object.apiVersion ?? '';
  const slash = apiVersion.indexOf('/');
  return {
    group: slash < 0 ? '' : apiVersion.slice(0, slash),
    version: apiVersion.slice(slash + 1),
    kind: object.kind ?? '',
  };
}
