/** What a failed request usually means, in English, for the command. The window has its own words by cause. */
import { type FailureCause, type FailureContext, failureCause } from './failure-cause.ts';
import type { FailureKind } from './result.ts';

const NONE = 'The Service has no ready endpoint.';
const CLASSIC =
  "kube-proxy 1.2 refused only the node's own traffic to the cluster IP; otherwise its rules lead nowhere, and";

const WORDS: Readonly<Record<FailureCause, string>> = {
  'localhost-nftables':
    'In nftables mode node ports do not answer on localhost: use the address of the node.',
  'localhost-ipv6':
    'Node ports do not answer on ::1: the kernel has no route_localnet for IPv6. Use the address of the node.',
  'localhost-node-ports':
    'Node ports answer on 127.0.0.1 only with iptables.localhostNodePorts, which sets route_localnet, and only to the node itself.',
  'no-endpoint-userspace': `${NONE} In userspace mode the proxy itself accepts the connection, finds nobody to pass it to, and closes it.`,
  'no-endpoint-userspace-udp': `${NONE} In userspace mode the proxy takes the datagram, and has nobody to pass it to.`,
  'no-endpoint-classic-cluster-ip': `${NONE} As kube-proxy 1.2 wrote it, a REJECT rule in the filter table refuses the cluster IP at once, for the node's own traffic.`,
  'no-endpoint-classic-node-port': `${NONE} ${CLASSIC} the packet reaches the port of the node itself, where nobody listens.`,
  'no-endpoint-classic': `${NONE} ${CLASSIC} the packet goes its way as if there were no Service.`,
  'no-endpoint': `${NONE} Nothing can answer before a pod that the Service selects is ready.`,
  'no-endpoint-iptables': `${NONE} In iptables mode a REJECT rule in the filter table refuses at once, rather than leave the client to wait.`,
  'no-endpoint-nftables': `${NONE} In nftables mode a reject verdict from the map no-endpoint-services refuses at once.`,
  'no-endpoint-not-refused': `${NONE} It should have been refused at once; a Local traffic policy drops instead where only this node has none, and the kernel refuses one client only so often a second (net.ipv4.icmp_ratelimit).`,
  'refused-address': 'Something is at that address and nobody listens on that port.',
  'refused-userspace':
    'The userspace proxy would have accepted: no rule leads to it from here, or its listener could not be opened (see the sync log).',
  'refused-target-port':
    'A pod was reached and nobody listens on its target port: compare targetPort with the ports of its containers.',
  refused:
    'Nobody took the connection: no rule leads on from this address and port, or the pod it leads to does not listen on the target port.',
  'timed-out-address': 'Nothing answered: no host has that address, or a rule drops the packets.',
  'timed-out-udp': 'No datagram came back: the pod does not answer on that port, or a rule drops it.',
  'timed-out':
    'Nothing answered: no rule takes this address and port, or the pod they lead to is gone, or a rule drops the packets.',
  'closed-userspace':
    'The userspace proxy accepted and no endpoint took the connection: nobody listens on the target port, or the pods are gone.',
  closed: 'The other end accepted the connection and ended it without a word.',
  reset: 'The other end broke the connection off in the middle: it was restarted or killed.',
  'unreachable-cluster-ip':
    'A cluster IP exists only in the rules of the nodes: pods and nodes reach it, nobody outside does. Use the node port.',
  unreachable: 'There is no route to that address from here.',
  other: 'See the error code.',
};

/** One or two sentences, without the failure's name. */
export function failureWords(kind: FailureKind, context: FailureContext): string {
  return WORDS[failureCause(kind, context)];
}
