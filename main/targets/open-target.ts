/** Opens the node that a target names, and says in words why it cannot. */

import { ElevationError, startElevatedHelper } from '../helper/elevated-helper.ts';
import type { HealthCheckServers } from '../helper/health-check-servers.ts';
import { withPrompt, withSudo } from '../helper/helper-starters.ts';
import { namespacePlace } from '../helper/node-place.ts';
import type { NodeVerbs } from '../helper/node-protocol.ts';
import { nodeVerbHandlers } from '../helper/node-verbs.ts';
import { RelayProcess } from '../helper/relay-process.ts';
import type { VerbClient } from '../helper/verb-channel.ts';
import { NetworkNamespace } from '../namespaces/network-namespace.ts';
import { containerPlace, findContainer } from './container-place.ts';
import type { HealthChecks, NodeTarget } from './node-target.ts';
import { formatTargetSpec, TargetError, type TargetSpec } from './target-spec.ts';

/** A target that is open: what it holds (namespaces, the relay) goes with `close`; the node's rules stay. */
export interface OpenTarget extends NodeTarget {
  close(): Promise<void> | void;
}

export interface OpenTargetOptions {
  /** Where this user may not change the node, an elevated helper does, after the person was asked. */
  elevate?: boolean;
  /** What was written stays when the target is closed, also with a helper, which else undoes it. */
  keepRules?: boolean;
}

/** @throws TargetError, ElevationError */
export async function openTarget(spec: TargetSpec, options: OpenTargetOptions = {}): Promise<OpenTarget> {
  const mayChange = process.platform === 'linux' && process.getuid?.() === 0;
  switch (spec.kind) {
    case 'host':
    case 'netns':
      if (process.platform !== 'linux') {
        throw new TargetError(`${formatTargetSpec(spec)} needs Linux; nodes in containers work everywhere`);
      }
      if (!mayChange && options.elevate) return elevatedTarget(spec, options.keepRules ?? false);
      needRoot(spec);
      return spec.kind === 'host' ? hereTarget(spec) : hereTarget(spec, openNamespace(spec.name));
    case 'container':
      if (!mayChange && options.elevate) return elevatedTarget(spec, options.keepRules ?? false);
      return containerTarget(spec);
    case 'lab':
      throw new TargetError(
        "the embedded lab's node has a kube-proxy of its own: `kube-proxy-lab lab mode` switches it, `kube-proxy-lab lab status` shows it",
      );
    case 'minikube':
      throw new TargetError(
        `minikube nodes are reached as containers where minikube's driver is docker or podman: --target container:${spec.profile}`,
      );
  }
}

function needRoot(spec: TargetSpec): void {
  if (process.getuid?.() !== 0) {
    throw new TargetError(
      `${formatTargetSpec(spec)} is not this user's to change. Run the command as root (sudo kube-proxy-lab …), or let it ask for the right with --elevate`,
    );
  }
}

function openNamespace(name: string): NetworkNamespace {
  try {
    return NetworkNamespace.open(name);
  } catch (error) {
    throw new TargetError(`there is no network namespace ${name}; \`ip netns list\` shows those there are`, {
      cause: error,
    });
  }
}

/** This machine's own network, or a namespace of it. */
function hereTarget(spec: TargetSpec, within?: NetworkNamespace): OpenTarget {
  const relay = new RelayProcess(within);
  const healthChecks = healthChecksIn(within);
  return {
    name: formatTargetSpec(spec),
    verbs: asClient(nodeVerbHandlers(namespacePlace(within))),
    userspace: { serve: (state) => relay.serve(state), statistics: () => relay.statistics() },
    healthChecks,
    close: () => {
      relay.close();
      healthChecks.close();
      within?.close();
    },
  };
}

async function containerTarget(spec: Extract<TargetSpec, { kind: 'container' }>): Promise<OpenTarget> {
  const container = await findContainer(spec.name, spec.runtime);
  // The listeners of userspace mode live in the node's network; only root may enter it from outside.
  const canEnter = process.platform === 'linux' && process.getuid?.() === 0;
  const within = canEnter ? NetworkNamespace.ofProcess(container.pid) : undefined;
  const relay = within && new RelayProcess(within);
  const healthChecks = within && healthChecksIn(within);
  const refuse = async (): Promise<never> => {
    throw new TargetError(
      `userspace mode needs listeners inside ${formatTargetSpec(spec)}'s network, which only root may enter from here`,
    );
  };
  return {
    name: formatTargetSpec(spec),
    verbs: asClient(nodeVerbHandlers(containerPlace(container))),
    userspace: relay
      ? { serve: (state) => relay.serve(state), statistics: () => relay.statistics() }
      : {
          serve: async (state) => (state.servicePorts.length ? refuse() : { ports: [], failures: [] }),
          statistics: async () => undefined,
        },
    healthChecks: healthChecks ?? {
      serve: async ({ services }) =>
        services.map(({ namespace, name, port }) => ({
          service: `${namespace}/${name}`,
          message: `health check port ${port} is not served: only root may enter the node's network from here`,
        })),
    },
    close: () => {
      relay?.close();
      healthChecks?.close();
      within?.close();
    },
  };
}

/** Servers of this very process. Their code needs Linux, and is loaded when a Service first has such a port. */
function healthChecksIn(within: NetworkNamespace | undefined): HealthChecks & { close(): void } {
  let servers: HealthCheckServers | undefined;
  return {
    serve: async (state) => {
      if (servers === undefined) {
        if (state.services.length === 0) return [];
        const { HealthCheckServers: Servers } = await import('../helper/health-check-servers.ts');
        servers = new Servers(within);
      }
      return servers.serve(state);
    },
    close: () => servers?.close(),
  };
}

/** A node that the elevated helper changes for us: sudo where it asks for nothing, else the desktop's dialog. */
async function elevatedTarget(spec: TargetSpec, keepRules: boolean): Promise<OpenTarget> {
  const helper = await startElevatedHelper(withSudo).catch((error: unknown) => {
    if (error instanceof ElevationError && error.code === 'no-agent') return startElevatedHelper(withPrompt);
    throw error;
  });
  const { verbs } = helper;
  try {
    await verbs.attach({ target: formatTargetSpec(spec) });
    if (keepRules) await verbs.leaveRules({});
  } catch (error) {
    await helper.close();
    throw new TargetError(error instanceof Error ? error.message : String(error), { cause: error });
  }
  return {
    name: formatTargetSpec(spec),
    verbs,
    userspace: {
      serve: (state) => verbs.serveServicePorts(state),
      statistics: () => verbs.relayStatistics({}),
    },
    healthChecks: { serve: (state) => verbs.serveHealthChecks(state) },
    close: () => helper.close(),
  };
}

/** Verbs answered in this very process look as those of another do. */
function asClient(handlers: ReturnType<typeof nodeVerbHandlers>): VerbClient<NodeVerbs> {
  return Object.fromEntries(
    Object.entries(handlers).map(([name, handler]) => [
      name,
      async (args: never) => (handler as (args: never) => unknown)(args),
    ]),
  ) as unknown as VerbClient<NodeVerbs>;
}
