import type { ProxyMode } from '../../app/proxy/configuration.ts';
import { type ConntrackFlow as ProxyFlow, staleFlows } from '../../app/proxy/conntrack.ts';
import type { ConntrackFlow } from '../helper/node-protocol.ts';
import type { NodeTarget } from '../targets/node-target.ts';
import type { FamilyState } from './family-state.ts';

/**
 * Deletes the UDP flows that lead to an endpoint which a Service no longer has: every packet keeps such a
 * flow alive, and no rule is asked again for it (kube-proxy's pkg/proxy/conntrack/cleanup.go).
 *
 * In userspace mode the kernel's flow leads to the relay, which looks at the endpoints itself; only flows of
 * Service ports that have gone are stale there.
 */
export async function cleanConntrack(options: {
  target: NodeTarget;
  state: FamilyState;
  mode: ProxyMode;
}): Promise<void> {
  const { target, state, mode } = options;
  const flows = await target.verbs.listConntrack({ family: state.family, protocol: 'udp' });
  const known = flows.map((flow): ProxyFlow & { entry: ConntrackFlow } => ({
    protocol: flow.protocol,
    originalDestination: { address: flow.destination, port: flow.destinationPort },
    replySource: { address: flow.replySource, port: flow.replySourcePort },
    entry: flow,
  }));
  const stale = staleFlows(known, {
    services: mode === 'userspace' ? new Map() : state.servicePorts,
    endpoints: state.endpointsByPort,
    deletedPorts: state.deletedPorts,
  });
  if (stale.length > 0) await target.verbs.deleteConntrack({ flows: stale.map(({ entry }) => entry) });
}
