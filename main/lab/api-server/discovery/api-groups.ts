import type { OpenApiResource } from '../../../../app/kubernetes/openapi/documents.ts';
import { apiVersionOf, type Resource, type Verb } from '../resources/resource.ts';
import { reviews } from './reviews.ts';

/** The documents by which clients find out what the server serves. */

interface Subresource {
  name: string;
  kind: { group: string; version: string; kind: string };
  verbs: string[];
}

/** A resource as discovery tells it; reviews are there to be created only. */
type Discoverable = Pick<
  Resource,
  'group' | 'version' | 'resource' | 'singular' | 'kind' | 'namespaced' | 'shortNames' | 'categories'
> & { verbs: readonly Verb[]; subresources: Subresource[] };

const subresourceVerbs: Record<string, string[]> = {
  status: ['get', 'patch', 'update'],
  scale: ['get', 'patch', 'update'],
  finalize: ['update'],
  binding: ['create'],
  eviction: ['create'],
};

const subresourceKinds: Record<string, { group: string; version: string; kind: string }> = {
  scale: { group: 'autoscaling', version: 'v1', kind: 'Scale' },
  binding: { group: '', version: 'v1', kind: 'Binding' },
  eviction: { group: 'policy', version: 'v1', kind: 'Eviction' },
};

/** Groups in the order in which the real server lists them, which is the order of `kubectl api-resources`. */
const groupOrder = [
  '',
  'apps',
  'events.k8s.io',
  'authentication.k8s.io',
  'authorization.k8s.io',
  'networking.k8s.io',
];

export class ApiGroups {
  readonly #resources: Discoverable[];

  constructor(resources: readonly Resource[]) {
    this.#resources = [
      ...resources.map((resource) => ({ ...resource, subresources: subresourcesOf(resource) })),
      ...reviews.map((review) => ({ ...review, verbs: ['create' as const], subresources: [] })),
    ];
  }

  /** The groups served, each with its one version. */
  groups(): { group: string; version: string }[] {
    const names = [...new Set(this.#resources.map(({ group }) => group))];
    const rank = (group: string): number => {
      const index = groupOrder.indexOf(group);
      return index < 0 ? groupOrder.length : index;
    };
    return names
      .sort((left, right) => rank(left) - rank(right) || (left < right ? -1 : 1))
      .map((group) => ({ group, version: 'v1' }));
  }

  has(group: string, version: string): boolean {
    return this.groups().some((item) => item.group === group && item.version === version);
  }

  /** What the OpenAPI documents describe. */
  openApiResources(): OpenApiResource[] {
    return this.#resources;
  }

  /** `/api`. */
  coreVersions(address: string): unknown {
    return {
      kind: 'APIVersions',
      versions: ['v1'],
      serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: address }],
    };
  }

  /** `/apis`. */
  groupList(): unknown {
    const groups = this.groups().filter(({ group }) => group !== '');
    return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups.map(groupDocument) };
  }

  /** `/apis/apps`; undefined for a group that is not served. */
  group(name: string): unknown {
    const found = this.groups().find(({ group }) => group === name && group !== '');
    return found && { kind: 'APIGroup', apiVersion: 'v1', ...groupDocument(found) };
  }

  /** `/api/v1`, `/apis/apps/v1`. */
  resourceList(group: string, version: string): unknown {
    return {
      kind: 'APIResourceList',
      ...(group !== '' && { apiVersion: 'v1' }),
      groupVersion: apiVersionOf({ group, version }),
      resources: this.#of(group, version).flatMap(resourceDocuments),
    };
  }

  /** `/api` or `/apis` in one document, `apidiscovery.k8s.io/v2`. */
  aggregated(root: 'api' | 'apis'): unknown {
    const groups = this.groups().filter(({ group }) => (group === '') === (root === 'api'));
    return {
      kind: 'APIGroupDiscoveryList',
      apiVersion: 'apidiscovery.k8s.io/v2',
      metadata: {},
      items: groups.map(({ group, version }) => ({
        metadata: { ...(group && { name: group }), creationTimestamp: null },
        versions: [
          { version, resources: this.#of(group, version).map(aggregatedDocument), freshness: 'Current' },
        ],
      })),
    };
  }

  #of(group: string, version: string): Discoverable[] {
    return this.#resources
      .filter((resource) => resource.group === group && resource.version === version)
      .sort((left, right) => (left.resource < right.resource ? -1 : 1));
  }
}

function subresourcesOf(resource: Resource): Subresource[] {
  const { group, version, kind } = resource;
  return (resource.subresources ?? []).map((name) => ({
    name,
    kind: subresourceKinds[name] ?? { group, version, kind },
    verbs: subresourceVerbs[name] ?? [],
  }));
}

function groupDocument({ group, version }: { group: string; version: string }): object {
  const entry = { groupVersion: `${group}/${version}`, version };
  return { name: group, versions: [entry], preferredVersion: entry };
}

function resourceDocuments(resource: Discoverable): unknown[] {
  const { resource: name, singular, namespaced, kind, verbs, shortNames, categories } = resource;
  return [
    {
      name,
      singularName: singular,
      namespaced,
      kind,
      verbs,
      ...(shortNames && { shortNames }),
      ...(categories && { categories }),
    },
    ...resource.subresources.map((subresource) => ({
      name: `${name}/${subresource.name}`,
      singularName: '',
      namespaced,
      ...otherKind(resource, subresource),
      kind: subresource.kind.kind,
      verbs: subresource.verbs,
    })),
  ];
}

function otherKind(
  resource: Discoverable,
  { kind }: Subresource,
): { group: string; version: string } | undefined {
  const same = kind.group === resource.group && kind.version === resource.version;
  return same ? undefined : { group: kind.group, version: kind.version };
}

function aggregatedDocument(resource: Discoverable): unknown {
  const { group, version, kind, shortNames, categories, subresources } = resource;
  return {
    resource: resource.resource,
    responseKind: { group, version, kind },
    scope: resource.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: resource.singular,
    verbs: resource.verbs,
    ...(shortNames && { shortNames }),
    ...(categories && { categories }),
    ...(subresources.length > 0 && {
      subresources: subresources.map((subresource) => ({
        subresource: subresource.name,
        responseKind: subresource.kind,
        verbs: subresource.verbs,
      })),
    }),
  };
}
