/** What a failed request usually means, in words, given what is known of the way it took. */
import type { Protocol } from '../kubernetes/objects.ts';
import type { Dialect } from '../proxy/build-ruleset.ts';
import type { ProxyMode } from '../proxy/configuration.ts';
import type { FailureKind } from './result.ts';
import type { Way } from './target.ts';

export interface FailureContext {
  mode: ProxyMode;
  dialect: Dialect;
  way: Way | 'address';
  protocol: Protocol;
  /** Of the Service that is reached; absent where the target is none. */
  readyEndpoints?: number;
  ipv6: boolean;
}

/** One or two sentences, without the failure's name. */
export function failureWords(kind: FailureKind, context: FailureContext): string {
  const { mode, way, readyEndpoints } = context;
  if (way === 'localhost') {
    const words = localhostWords(context);
    if (words) return words;
  }
  if (readyEndpoints === 0 && kind !== 'unreachable') return withoutEndpoints(kind, context);
  switch (kind) {
    case 'refused':
      return refusedWords(context);
    case 'timed-out':
      if (way === 'address')
        return 'Nothing answered: no host has that address, or a rule drops the packets.';
      return context.protocol === 'UDP'
        ? 'No datagram came back: the pod does not answer on that port, or a rule drops it.'
        : 'Nothing answered: no rule takes this address and port, or the pod they lead to is gone, or a rule drops the packets.';
    case 'closed-without-answer':
      return mode === 'userspace'
        ? 'The userspace proxy accepted and no endpoint took the connection: nobody listens on the target port, or the pods are gone.'
        : 'The other end accepted the connection and ended it without a word.';
    case 'reset':
      return 'The other end broke the connection off in the middle: it was restarted or killed.';
    case 'unreachable':
      return context.way === 'clusterIP'
        ? 'A cluster IP exists only in the rules of the nodes: pods and nodes reach it, nobody outside does. Use the node port.'
        : 'There is no route to that address from here.';
    case 'other':
      return 'See the error code.';
  }
}

function refusedWords({ mode, way, protocol }: FailureContext): string {
  if (way === 'address') return 'Something is at that address and nobody listens on that port.';
  if (mode === 'userspace' && protocol !== 'UDP') {
    return 'The userspace proxy would have accepted: no rule leads to it from here, or its listener could not be opened (see the sync log).';
  }
  return 'A pod was reached and nobody listens on its target port: compare targetPort with the ports of its containers.';
}

function withoutEndpoints(kind: FailureKind, { mode, dialect, way, protocol }: FailureContext): string {
  const none = 'The Service has no ready endpoint.';
  if (mode === 'userspace') {
    return protocol === 'UDP'
      ? `${none} In userspace mode the proxy takes the datagram, and has nobody to pass it to.`
      : `${none} In userspace mode the proxy itself accepts the connection, finds nobody to pass it to, and closes it.`;
  }
  if (dialect === 'classic') {
    if (way === 'clusterIP' && kind === 'refused') {
      return `${none} As kube-proxy 1.2 wrote it, a REJECT rule in the filter table refuses the cluster IP at once, for the node's own traffic.`;
    }
    const nodePort = way === 'nodePort' || way === 'localhost';
    const instead = nodePort
      ? 'the packet reaches the port of the node itself, where nobody listens.'
      : 'the packet goes its way as if there were no Service.';
    return `${none} kube-proxy 1.2 refused only the node's own traffic to the cluster IP; otherwise its rules lead nowhere, and ${instead}`;
  }
  if (kind === 'refused') {
    return mode === 'nftables'
      ? `${none} In nftables mode a reject verdict from the map no-endpoint-services refuses at once.`
      : `${none} In iptables mode a REJECT rule in the filter table refuses at once, rather than leave the client to wait.`;
  }
  return `${none} It should have been refused at once; a Local traffic policy drops instead where only this node has none.`;
}

/** What sets localhost apart; undefined where it should have worked as any other address of the node. */
function localhostWords({ mode, ipv6, readyEndpoints }: FailureContext): string | undefined {
  if (mode === 'nftables')
    return 'In nftables mode node ports do not answer on localhost: use the address of the node.';
  if (mode === 'userspace') return undefined;
  if (ipv6)
    return 'Node ports do not answer on ::1: the kernel has no route_localnet for IPv6. Use the address of the node.';
  if (readyEndpoints === 0) return undefined;
  return 'Node ports answer on 127.0.0.1 only with iptables.localhostNodePorts, which sets route_localnet, and only to the node itself.';
}
