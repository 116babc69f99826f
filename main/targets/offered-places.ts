/** The places at which the node of a cluster may be, as far as this system tells. */
import { readdirSync } from 'node:fs';
import type { OfferedPlace, PlaceKind, PlacesState } from '../../app/contract/attachment.ts';
import type { ClusterKind } from '../../app/contract/clusters.ts';
import { isInstalled } from '../requirements/tools.ts';
import { installedRuntimes } from './container-runtime.ts';
import { type ClusterNodeContainer, findNodeContainers } from './node-containers.ts';
import { formatTargetSpec, parseTargetSpec, type TargetSpec } from './target-spec.ts';

export interface ClusterOfPlaces {
  /** Of the kubeconfig. */
  readonly context: { readonly name: string; readonly kind: ClusterKind };
  readonly nodes: readonly string[];
}

type Found = Pick<PlacesState, 'places' | 'missing'>;

/** A network is root's; a container is whose user's the runtime says it is. */
export function needsElevation({ kind }: TargetSpec): boolean {
  return (kind === 'host' || kind === 'netns') && process.getuid?.() !== 0;
}

/** What is found first is this cluster's by its labels, and last this host, which is seldom a node. */
export async function offeredPlaces(cluster: ClusterOfPlaces): Promise<PlacesState> {
  const all = [await containers(cluster), minikube(cluster), namespaces(), host()];
  return {
    places: all.flatMap(({ places }) => places),
    missing: all.flatMap(({ missing }) => missing),
  };
}

function place(
  spec: TargetSpec,
  about: Pick<OfferedPlace, 'kind' | 'name'> & Partial<OfferedPlace>,
): OfferedPlace {
  const target = formatTargetSpec(spec);
  return {
    provider: null,
    node: null,
    problem: null,
    needsElevation: needsElevation(spec),
    ...about,
    target,
  };
}

function missing(kind: PlaceKind, reason: PlacesState['missing'][number]['reason'], detail = ''): Found {
  return { places: [], missing: [{ kind, reason, detail }] };
}

async function containers({ context, nodes }: ClusterOfPlaces): Promise<Found> {
  if (installedRuntimes().length === 0) return missing('container', 'not-installed');
  const found = await findNodeContainers();
  const isOurs = (one: ClusterNodeContainer): boolean =>
    one.context === context.name || nodes.includes(one.node);
  const places = found.nodes
    .filter(isOurs)
    .map(({ runtime, node, provider, state }) =>
      place(
        { kind: 'container', runtime, name: node },
        { kind: 'container', name: node, provider, node, problem: problemOf(state) },
      ),
    );
  const failed = found.failures.map(({ runtime, message }) => ({
    kind: 'container' as const,
    reason: 'failed' as const,
    detail: `${runtime}: ${message}`,
  }));
  if (places.length === 0 && failed.length === 0) return missing('container', 'none');
  return { places, missing: failed };
}

function problemOf(state: ClusterNodeContainer['state']): OfferedPlace['problem'] {
  return state === 'running' ? null : state === 'paused' ? 'paused' : 'not-running';
}

/** A profile's first node has the profile's name, the others `-m02` and so on behind it. */
function minikube({ context, nodes }: ClusterOfPlaces): Found {
  if (context.kind !== 'minikube') return { places: [], missing: [] };
  if (!isInstalled('minikube')) return missing('minikube', 'not-installed');
  const spec = nameable(`minikube:${context.name}`);
  if (spec?.kind !== 'minikube') return { places: [], missing: [] };
  const { profile } = spec;
  const others = nodes.filter((node) => node.startsWith(`${profile}-m`));
  return {
    places: [
      place(spec, { kind: 'minikube', name: profile, provider: 'minikube', node: profile }),
      ...others.flatMap((node) => {
        const other = nameable(`minikube:${profile}/${node}`);
        return other ? place(other, { kind: 'minikube', name: node, provider: 'minikube', node }) : [];
      }),
    ],
    missing: [],
  };
}

function namespaces(): Found {
  if (process.platform !== 'linux') return missing('netns', 'not-linux');
  const places = namesOfNamespaces().flatMap((name) => {
    const spec = nameable(`netns:${name}`);
    return spec ? place(spec, { kind: 'netns', name }) : [];
  });
  return places.length > 0 ? { places, missing: [] } : missing('netns', 'none');
}

function namesOfNamespaces(): string[] {
  try {
    return readdirSync('/run/netns').sort();
  } catch {
    return [];
  }
}

/** Whatever else is in the folder has no name that could be given. */
function nameable(text: string): TargetSpec | undefined {
  try {
    return parseTargetSpec(text);
  } catch {
    return undefined;
  }
}

function host(): Found {
  if (process.platform !== 'linux') return missing('host', 'not-linux');
  return { places: [place({ kind: 'host' }, { kind: 'host', name: '' })], missing: [] };
}
