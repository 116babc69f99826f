/** Why a request failed, as far as the facts tell: one code, for words in any language. */
import type { Protocol } from '../kubernetes/objects.ts';
import type { Dialect } from '../proxy/build-ruleset.ts';
import type { ProxyMode } from '../proxy/configuration.ts';
import type { FailureKind } from './result.ts';
import type { Way } from './target.ts';

export interface FailureContext {
  /** null: the mode of the node's kube-proxy is not known. */
  mode: ProxyMode | null;
  dialect: Dialect | null;
  way: Way | 'address';
  protocol: Protocol;
  /** Of the Service that is reached; absent where the target is none. */
  readyEndpoints?: number;
  ipv6: boolean;
}

export const failureCauses = [
  'localhost-nftables',
  'localhost-ipv6',
  'localhost-node-ports',
  'no-endpoint-userspace',
  'no-endpoint-userspace-udp',
  'no-endpoint-classic-cluster-ip',
  'no-endpoint-classic-node-port',
  'no-endpoint-classic',
  'no-endpoint',
  'no-endpoint-iptables',
  'no-endpoint-nftables',
  'no-endpoint-not-refused',
  'refused-address',
  'refused-userspace',
  'refused-target-port',
  'refused',
  'timed-out-address',
  'timed-out-udp',
  'timed-out',
  'closed-userspace',
  'closed',
  'reset',
  'unreachable-cluster-ip',
  'unreachable',
  'other',
] as const;
export type FailureCause = (typeof failureCauses)[number];

/** What the failure usually comes of, given what is known of the way it took. */
export function failureCause(kind: FailureKind, context: FailureContext): FailureCause {
  const { mode, way, readyEndpoints, protocol } = context;
  const localhost = way === 'localhost' ? localhostCause(context) : undefined;
  if (localhost) return localhost;
  if (readyEndpoints === 0 && kind !== 'unreachable') return withoutEndpoints(kind, context);
  switch (kind) {
    case 'refused':
      if (way === 'address') return 'refused-address';
      if (mode === null) return 'refused';
      return mode === 'userspace' && protocol !== 'UDP' ? 'refused-userspace' : 'refused-target-port';
    case 'timed-out':
      if (way === 'address') return 'timed-out-address';
      return protocol === 'UDP' ? 'timed-out-udp' : 'timed-out';
    case 'closed-without-answer':
      return mode === 'userspace' ? 'closed-userspace' : 'closed';
    case 'reset':
      return 'reset';
    case 'unreachable':
      return way === 'clusterIP' ? 'unreachable-cluster-ip' : 'unreachable';
    case 'other':
      return 'other';
  }
}

function withoutEndpoints(kind: FailureKind, { mode, dialect, way, protocol }: FailureContext): FailureCause {
  if (mode === 'userspace') {
    return protocol === 'UDP' ? 'no-endpoint-userspace-udp' : 'no-endpoint-userspace';
  }
  if (dialect === 'classic') {
    if (way === 'clusterIP' && kind === 'refused') return 'no-endpoint-classic-cluster-ip';
    const nodePort = way === 'nodePort' || way === 'localhost';
    return nodePort ? 'no-endpoint-classic-node-port' : 'no-endpoint-classic';
  }
  if (mode === null) return 'no-endpoint';
  if (kind !== 'refused') return 'no-endpoint-not-refused';
  return mode === 'nftables' ? 'no-endpoint-nftables' : 'no-endpoint-iptables';
}

/** What sets localhost apart; undefined where it should have worked as any other address of the node. */
function localhostCause({ mode, ipv6, readyEndpoints }: FailureContext): FailureCause | undefined {
  if (mode === 'nftables') return 'localhost-nftables';
  if (mode === 'userspace') return undefined;
  if (ipv6) return 'localhost-ipv6';
  return readyEndpoints === 0 ? undefined : 'localhost-node-ports';
}
