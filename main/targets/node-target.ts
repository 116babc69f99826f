import type { HealthCheckState } from '../../app/proxy/health-checks.ts';
import type { HealthCheckFailure } from '../helper/health-check-servers.ts';
import type { NodeVerbs } from '../helper/node-protocol.ts';
import type { VerbClient } from '../helper/verb-channel.ts';
import type { ListeningReply, StatisticsReply } from '../userspace/protocol.ts';
import type { ServedState } from '../userspace/relay-client.ts';

/** The userspace proxy's listeners on a node, held by a process of their own. */
export interface UserspaceProxy {
  /** Makes the served set what the request says; idempotent. Starts the process when it is first needed. */
  serve(state: ServedState): Promise<Pick<ListeningReply, 'ports' | 'failures'>>;
  statistics(): Promise<StatisticsReply | undefined>;
}

/** The HTTP servers behind a node's health check node ports. */
export interface HealthChecks {
  /** Makes what listens and answers that of the state; idempotent. Resolves with the ports that could not be opened. */
  serve(state: HealthCheckState): Promise<HealthCheckFailure[]>;
}

/** A place whose rules we read or write: one interface for the lab's node, a namespace, a container, a host. */
export interface NodeTarget {
  /** What people call it: `lab-node`. */
  readonly name: string;
  readonly verbs: VerbClient<NodeVerbs>;
  readonly userspace: UserspaceProxy;
  readonly healthChecks: HealthChecks;
}
