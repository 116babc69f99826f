/** What listens on a node beside its rules, held by this very process, in the node's network namespace. */
import type { HealthCheckServers } from '../helper/health-check-servers.ts';
import type { RelayProcess } from '../helper/relay-process.ts';
import { setWriterMark } from '../helper/writer-mark.ts';
import type { NetworkNamespace } from '../namespaces/network-namespace.ts';
import type { HealthChecks, UserspaceProxy } from './node-target.ts';
import { TargetError } from './target-spec.ts';

export interface NodeListeners {
  readonly userspace: UserspaceProxy;
  readonly healthChecks: HealthChecks;
  /** Says that this process writes the node, and gives what takes that back; absent where the network is not entered. */
  readonly mark?: () => () => void;
  /** Listens no more, and can again. */
  quiet(): Promise<void>;
  /** Ends all that listens. */
  close(): void;
}

/**
 * The code that listens needs Linux; it is loaded when something is first to be served.
 *
 * @param within the network namespace; this process's own without it
 */
export function listenersIn(within?: NetworkNamespace): NodeListeners {
  let relay: Promise<RelayProcess> | undefined;
  let servers: Promise<HealthCheckServers> | undefined;
  let closed = false;
  return {
    userspace: {
      serve: async (state) => {
        if (!relay && state.servicePorts.length === 0) return { ports: [], failures: [] };
        relay ??= import('../helper/relay-process.ts').then(({ RelayProcess: Relay }) => new Relay(within));
        const process = await relay;
        if (closed) throw new TargetError('the node has been let go of');
        return process.serve(state);
      },
      statistics: async () => (await relay)?.statistics(),
    },
    healthChecks: {
      serve: async (state) => {
        if (!servers && state.services.length === 0) return [];
        servers ??= import('../helper/health-check-servers.ts').then(
          ({ HealthCheckServers: Servers }) => new Servers(within),
        );
        const open = await servers;
        if (closed) throw new TargetError('the node has been let go of');
        return open.serve(state);
      },
    },
    mark: () => setWriterMark(within),
    quiet: async () => {
      await (await relay)?.serve({ servicePorts: [], udpIdleTimeoutMs: 1 });
      (await servers)?.serve({ services: [], addresses: [], serviceProxyHealthy: false });
    },
    close: () => {
      closed = true;
      void relay?.then((process) => process.close());
      void servers?.then((open) => open.close());
    },
  };
}

/** A node whose network cannot be entered: what is to listen there fails, each with the reason. */
export function noListeners(why: string): NodeListeners {
  return {
    userspace: {
      serve: async ({ servicePorts }) => {
        if (servicePorts.length === 0) return { ports: [], failures: [] };
        throw new TargetError(`userspace mode needs listeners inside the node's network: ${why}`);
      },
      statistics: async () => undefined,
    },
    healthChecks: {
      serve: async ({ services }) =>
        services.map(({ namespace, name, port }) => ({
          service: `${namespace}/${name}`,
          message: `health check port ${port} is not served: ${why}`,
        })),
    },
    quiet: async () => {},
    close: () => {},
  };
}
