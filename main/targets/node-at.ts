/** The node that a target names, as the process that works on it sees it: where commands run, and what listens. */
import { statSync } from 'node:fs';
import { type NodePlace, namespacePlace } from '../helper/node-place.ts';
import { NetworkNamespace } from '../namespaces/network-namespace.ts';
import { containerPlace, enterContainer } from './container-place.ts';
import { findContainer, type NodeContainer } from './container-runtime.ts';
import { minikubePlace } from './minikube-place.ts';
import { listenersIn, type NodeListeners, noListeners } from './node-listeners.ts';
import { PlaceError } from './place-error.ts';
import { formatTargetSpec, TargetError, type TargetSpec } from './target-spec.ts';

export interface NodeAt {
  readonly place: NodePlace;
  readonly listeners: NodeListeners;
  /** Names this very node for good: `container:docker/ID` where people say `container:kind-control-plane`. */
  readonly target: string;
  /** Another value where another node has taken the name, or the same was started anew: its rules have gone. */
  readonly instance: string;
  /** Ends what listens, and lets go of the network. */
  close(): void;
}

/** @throws PlaceError, TargetError */
export async function nodeAt(spec: TargetSpec): Promise<NodeAt> {
  switch (spec.kind) {
    case 'host':
      return here(spec, 'this boot', undefined);
    case 'netns': {
      const within = openNamespace(spec.name);
      return here(spec, String(statSync(`/run/netns/${spec.name}`).ino), within);
    }
    case 'container':
      return inContainer(await findContainer(spec.name, spec.runtime));
    case 'minikube':
      return inMinikube(spec);
    case 'lab':
      throw new TargetError(`${formatTargetSpec(spec)} is not a node that can be opened from here`);
  }
}

async function inMinikube(spec: Extract<TargetSpec, { kind: 'minikube' }>): Promise<NodeAt> {
  const place = minikubePlace(spec);
  // The first word to it tells also whether it is there.
  const { stdout } = await place.run(['cat', '/proc/sys/kernel/random/boot_id']);
  const listeners = noListeners("a minikube node's network is reached with `minikube ssh` alone");
  return {
    place,
    listeners,
    target: formatTargetSpec(spec),
    instance: stdout.trim(),
    close: listeners.close,
  };
}

function here(spec: TargetSpec, instance: string, within: NetworkNamespace | undefined): NodeAt {
  const listeners = listenersIn(within);
  return {
    place: namespacePlace(within),
    listeners,
    target: formatTargetSpec(spec),
    instance,
    close: () => {
      listeners.close();
      within?.close();
    },
  };
}

function openNamespace(name: string): NetworkNamespace {
  try {
    return NetworkNamespace.open(name);
  } catch (error) {
    throw new PlaceError(
      'gone',
      `there is no network namespace ${name}; \`ip netns list\` shows those there are`,
      {
        cause: error,
      },
    );
  }
}

async function inContainer(container: NodeContainer): Promise<NodeAt> {
  const { within, why } = await networkOf(container);
  const listeners = within ? listenersIn(within) : noListeners(why);
  return {
    place: containerPlace(container),
    listeners,
    target: `container:${container.runtime}/${container.id}`,
    instance: container.startedAt,
    close: () => {
      listeners.close();
      within?.close();
    },
  };
}

async function networkOf(container: NodeContainer): Promise<{ within?: NetworkNamespace; why: string }> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    return { why: `only root of the machine that runs container ${container.name} may enter its network` };
  }
  try {
    return { within: await enterContainer(container), why: '' };
  } catch (error) {
    // A container that has just ended is no node; one elsewhere is a node without listeners.
    if (error instanceof PlaceError && error.code === 'not-reachable') return { why: error.message };
    throw error;
  }
}
