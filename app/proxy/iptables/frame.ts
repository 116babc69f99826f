/**
 * The rules that are there whatever the cluster holds: jumps from the kernel's chains into ours, masquerading,
 * forwarding, and the way from KUBE-SERVICES to node ports.
 */
import type { IptablesMatch, IptablesRule } from '../../ruleset/model.ts';
import { FRAME, type Origin } from '../../ruleset/origin.ts';
import { isLoopback } from '../ip-address.ts';
import {
  KUBE_EXTERNAL_SERVICES,
  KUBE_FIREWALL,
  KUBE_FORWARD,
  KUBE_MARK_MASQ,
  KUBE_NODEPORTS,
  KUBE_POSTROUTING,
  KUBE_PROXY_CANARY,
  KUBE_PROXY_FIREWALL,
  KUBE_SERVICES,
} from './chains.ts';
import type { IptablesContext } from './context.ts';
import { comment, jump, toAddress } from './matches.ts';

const NEW_CONNECTIONS: IptablesMatch = { kind: 'conntrack', states: ['NEW'] };

/** kube-proxy inserts each jump before all others; this is the order that leaves. */
const FILTER_JUMPS: readonly [builtIn: string, chain: string, matches: readonly IptablesMatch[]][] = [
  ['INPUT', KUBE_FIREWALL, []],
  ['INPUT', KUBE_PROXY_FIREWALL, [NEW_CONNECTIONS, comment('kubernetes load balancer firewall')]],
  ['INPUT', KUBE_NODEPORTS, [comment('kubernetes health check service ports')]],
  [
    'INPUT',
    KUBE_EXTERNAL_SERVICES,
    [NEW_CONNECTIONS, comment('kubernetes externally-visible service portals')],
  ],
  ['FORWARD', KUBE_PROXY_FIREWALL, [NEW_CONNECTIONS, comment('kubernetes load balancer firewall')]],
  ['FORWARD', KUBE_FORWARD, [comment('kubernetes forwarding rules')]],
  ['FORWARD', KUBE_SERVICES, [NEW_CONNECTIONS, comment('kubernetes service portals')]],
  [
    'FORWARD',
    KUBE_EXTERNAL_SERVICES,
    [NEW_CONNECTIONS, comment('kubernetes externally-visible service portals')],
  ],
  ['OUTPUT', KUBE_FIREWALL, []],
  ['OUTPUT', KUBE_PROXY_FIREWALL, [NEW_CONNECTIONS, comment('kubernetes load balancer firewall')]],
  ['OUTPUT', KUBE_SERVICES, [NEW_CONNECTIONS, comment('kubernetes service portals')]],
];

const NAT_JUMPS: readonly [builtIn: string, chain: string, matches: readonly IptablesMatch[]][] = [
  ['PREROUTING', KUBE_SERVICES, [comment('kubernetes service portals')]],
  ['OUTPUT', KUBE_SERVICES, [comment('kubernetes service portals')]],
  ['POSTROUTING', KUBE_POSTROUTING, [comment('kubernetes postrouting rules')]],
];

/** Declares the fixed chains and writes everything of the frame but the way to node ports. */
export function writeFrame(context: IptablesContext): void {
  const { filter, nat } = context;
  filter.declare(
    KUBE_SERVICES,
    KUBE_EXTERNAL_SERVICES,
    KUBE_FORWARD,
    KUBE_NODEPORTS,
    KUBE_PROXY_FIREWALL,
    KUBE_FIREWALL,
    KUBE_PROXY_CANARY,
  );
  nat.declare(KUBE_SERVICES, KUBE_NODEPORTS, KUBE_POSTROUTING, KUBE_MARK_MASQ, KUBE_PROXY_CANARY);
  for (const [builtIn, chain, matches] of FILTER_JUMPS) {
    filter.append(builtIn, { matches, target: jump(chain), origin: FRAME });
  }
  for (const [builtIn, chain, matches] of NAT_JUMPS) {
    nat.append(builtIn, { matches, target: jump(chain), origin: FRAME });
  }
  writeMasquerading(context);
  writeForwarding(context);
  writeLocalnetProtection(context);
}

function writeMasquerading({ nat, masqueradeMark: mark, markOrigin: origin }: IptablesContext): void {
  nat.append(
    KUBE_POSTROUTING,
    {
      matches: [{ kind: 'mark', value: mark, mask: mark, negated: true }],
      target: { kind: 'return' },
      origin,
    },
    // Takes the mark off again, lest the packet be masqueraded twice should it pass the stack once more.
    { matches: [], target: { kind: 'mark', value: mark, mask: 0 }, origin },
    {
      matches: [comment('kubernetes service traffic requiring SNAT')],
      target: { kind: 'masquerade', randomFully: true },
      origin: FRAME,
    },
  );
  nat.append(KUBE_MARK_MASQ, { matches: [], target: { kind: 'mark', value: mark, mask: mark }, origin });
}

function writeForwarding({ filter, state, masqueradeMark: mark, markOrigin }: IptablesContext): void {
  if (!state.configuration.conntrackTcpBeLiberal) {
    // A packet that connection tracking finds INVALID is not translated; passed on as it is, it would make the
    // client reset its connection (kubernetes issue 74839).
    const counted: IptablesMatch[] = state.capabilities.nfacct
      ? [{ kind: 'nfacct', counter: 'ct_state_invalid_dropped_pkts' }]
      : [];
    filter.append(KUBE_FORWARD, {
      matches: [{ kind: 'conntrack', states: ['INVALID'] }, ...counted],
      target: { kind: 'drop' },
      origin: FRAME,
    });
  }
  filter.append(
    KUBE_FORWARD,
    {
      matches: [comment('kubernetes forwarding rules'), { kind: 'mark', value: mark, mask: mark }],
      target: { kind: 'accept' },
      origin: markOrigin,
    },
    {
      matches: [
        comment('kubernetes forwarding conntrack rule'),
        { kind: 'conntrack', states: ['RELATED', 'ESTABLISHED'] },
      ],
      target: { kind: 'accept' },
      origin: FRAME,
    },
  );
}

/** With node ports on 127.0.0.1 the kernel routes loopback addresses (route_localnet): none may come from outside. */
function writeLocalnetProtection({ filter, localhostNodePorts }: IptablesContext): void {
  if (!localhostNodePorts) return;
  filter.append(KUBE_FIREWALL, {
    matches: [
      { kind: 'source', cidr: '127.0.0.0/8', negated: true },
      { kind: 'destination', cidr: '127.0.0.0/8' },
      comment('block incoming localnet connections'),
      { kind: 'conntrack', states: ['RELATED', 'ESTABLISHED', 'DNAT'], negated: true },
    ],
    target: { kind: 'drop' },
    origin: FRAME,
  });
}

const NOTE = comment('kubernetes service nodeports; NOTE: this must be the last rule in this chain');

/** Last in KUBE-SERVICES: what is for this node itself goes on to the node ports. */
export function writeWayToNodePorts({ nat, nodePorts, family, localhostNodePorts }: IptablesContext): void {
  const target = jump(KUBE_NODEPORTS);
  if (nodePorts.matchesAll) {
    const except = nodePortException(family === 'IPv6', localhostNodePorts);
    const local: IptablesMatch = { kind: 'addrtype', side: 'destination', type: 'LOCAL' };
    nat.append(KUBE_SERVICES, { matches: [...except.matches, NOTE, local], target, origin: except.origin });
    return;
  }
  const origin: Origin = { kind: 'KubeProxyConfiguration', field: 'nodePortAddresses' };
  for (const address of nodePorts.addresses) {
    // Loopback addresses work with IPv4 and route_localnet only.
    if (isLoopback(address) && !localhostNodePorts) continue;
    const rule: IptablesRule = { matches: [toAddress(address), NOTE], target, origin };
    nat.append(KUBE_SERVICES, rule);
  }
}

function nodePortException(
  isIPv6: boolean,
  localhostNodePorts: boolean,
): { matches: IptablesMatch[]; origin: Origin } {
  if (isIPv6) return { matches: [{ kind: 'destination', cidr: '::1/128', negated: true }], origin: FRAME };
  if (localhostNodePorts) return { matches: [], origin: FRAME };
  return {
    matches: [{ kind: 'destination', cidr: '127.0.0.0/8', negated: true }],
    origin: { kind: 'KubeProxyConfiguration', field: 'iptables.localhostNodePorts' },
  };
}
