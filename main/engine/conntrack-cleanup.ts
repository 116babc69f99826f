import { type ConntrackFlow as ProxyFlow, staleFlows } from '../../app/proxy/conntrack.ts';
import type { ConntrackFlow } from '../helper/node-protocol.ts';
import type { NodeTarget } from '../targets/node-target.ts';
import type { FamilyState } from './family-state.ts';

interface KnownFlow extends ProxyFlow {
  readonly entry: ConntrackFlow;
}

/**
 * Deletes the UDP flows that lead to an endpoint which a Service no longer has: every packet keeps such a
 * flow alive, and no rule is asked again for it (kube-proxy's pkg/proxy/conntrack/cleanup.go).
 *
 * Those that lead to the relay, in userspace mode and for a while after it, are the relay's: it looks at the
 * endpoints itself, and goes on until they are quiet. They are stale only where their Service port has gone.
 */
export async function cleanConntrack(options: {
  target: { verbs: Pick<NodeTarget['verbs'], 'listConntrack' | 'deleteConntrack'> };
  state: FamilyState;
  /** Where the relay listens, or did. */
  proxyPorts: ReadonlySet<number>;
}): Promise<void> {
  const { target, state, proxyPorts } = options;
  const flows = await target.verbs.listConntrack({ family: state.family, protocol: 'udp' });
  const known = flows.map(
    (flow): KnownFlow => ({
      protocol: flow.protocol,
      originalDestination: { address: flow.destination, port: flow.destinationPort },
      replySource: { address: flow.replySource, port: flow.replySourcePort },
      entry: flow,
    }),
  );
  const isRelayed = ({ replySource }: KnownFlow): boolean => proxyPorts.has(replySource.port);
  const { deletedPorts, servicePorts: services, endpointsByPort: endpoints } = state;
  const stale = [
    ...staleFlows(known.filter(isRelayed), { services: new Map(), endpoints: new Map(), deletedPorts }),
    ...staleFlows(
      known.filter((flow) => !isRelayed(flow)),
      { services, endpoints, deletedPorts },
    ),
  ];
  if (stale.length > 0) await target.verbs.deleteConntrack({ flows: stale.map(({ entry }) => entry) });
}
