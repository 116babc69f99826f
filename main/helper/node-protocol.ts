import { z } from 'zod';
import type { RulesetNotice } from './ruleset-monitor.ts';
import { verb } from './verb-channel.ts';

const MEBIBYTE = 1024 * 1024;

export const ipFamilySchema = z.enum(['IPv4', 'IPv6']);

/** A tool of the node: there, with its version, or not, with the reason. */
export type ToolState = { available: true; version: string } | { available: false; reason: string };

/** What a node can do, probed once when it is attached. */
export interface NodeCapabilities {
  iptables: ToolState & { backend?: 'nf_tables' | 'legacy' };
  ip6tables: ToolState & { backend?: 'nf_tables' | 'legacy' };
  nft: ToolState;
  conntrack: ToolState;
  /** Counters that iptables' nfacct match needs: a tool and a kernel feature. */
  nfacct: ToolState;
}

export const conntrackFlowSchema = z.strictObject({
  family: ipFamilySchema,
  protocol: z.enum(['udp', 'sctp', 'tcp']),
  source: z.union([z.ipv4(), z.ipv6()]),
  destination: z.union([z.ipv4(), z.ipv6()]),
  sourcePort: z.int().min(0).max(65535),
  destinationPort: z.int().min(0).max(65535),
  /** The reply's source: the endpoint that the flow was led to. */
  replySource: z.union([z.ipv4(), z.ipv6()]),
  replySourcePort: z.int().min(0).max(65535),
});

/** An entry of connection tracking, in the original direction, with where the reply comes from. */
export type ConntrackFlow = z.infer<typeof conntrackFlowSchema>;

/** The settings kube-proxy makes on a node, and no others. */
export const sysctlSchema = z.enum([
  'net/ipv4/conf/all/route_localnet',
  'net/netfilter/nf_conntrack_tcp_be_liberal',
]);
/** Settings of the kernel that decide what becomes of a Service's packets; only read. */
export const readableSysctlSchema = z.enum([
  'net/ipv4/ip_forward',
  'net/ipv6/conf/all/forwarding',
  'net/ipv4/conf/all/route_localnet',
  'net/ipv4/conf/all/rp_filter',
  'net/ipv4/ip_local_port_range',
  'net/netfilter/nf_conntrack_max',
  'net/netfilter/nf_conntrack_tcp_be_liberal',
  'net/netfilter/nf_conntrack_tcp_timeout_established',
  'net/netfilter/nf_conntrack_tcp_timeout_close_wait',
  'net/netfilter/nf_conntrack_udp_timeout',
  'net/netfilter/nf_conntrack_udp_timeout_stream',
]);
export const counterSchema = z.enum(['ct_state_invalid_dropped_pkts', 'localhost_nps_accepted_pkts']);

/** Everything the helper does on a node. There is no verb that takes a command, a path or an option. */
export const nodeVerbs = {
  /** `changesNothing`: only what can be asked without making anything, for a node that is observed. */
  capabilities: verb<{ changesNothing?: boolean | undefined }, NodeCapabilities>(
    z.strictObject({ changesNothing: z.boolean().optional() }),
  ),
  /** The text of iptables-save or ip6tables-save; `counters` adds packet and byte counts. */
  readIptables: verb<{ family: 'IPv4' | 'IPv6'; counters?: boolean | undefined }, string>(
    z.strictObject({ family: ipFamilySchema, counters: z.boolean().optional() }),
  ),
  /** Feeds iptables-restore --noflush; refused where it touches what is not kube-proxy's. */
  writeIptables: verb<{ family: 'IPv4' | 'IPv6'; input: string }, void>(
    z.strictObject({ family: ipFamilySchema, input: z.string().max(64 * MEBIBYTE) }),
  ),
  /** The text of `nft -s list table` for kube-proxy's table of a family; empty where there is none; `counters`: without `-s`. */
  readNftables: verb<{ family: 'IPv4' | 'IPv6'; counters?: boolean | undefined }, string>(
    z.strictObject({ family: ipFamilySchema, counters: z.boolean().optional() }),
  ),
  /** Feeds `nft -f`, one transaction; refused where it touches a table that is not kube-proxy's. */
  writeNftables: verb<{ input: string }, void>(z.strictObject({ input: z.string().max(64 * MEBIBYTE) })),
  /** Resolves when somebody else has changed kube-proxy's rules more than `after` times, or after `waitMs`. */
  watchRuleset: verb<{ after: number; waitMs: number }, RulesetNotice>(
    z.strictObject({ after: z.int().min(-1), waitMs: z.int().min(0).max(60_000) }),
  ),
  createCounters: verb<{ names: z.infer<typeof counterSchema>[] }, void>(
    z.strictObject({ names: z.array(counterSchema).max(8) }),
  ),
  listConntrack: verb<{ family: 'IPv4' | 'IPv6'; protocol: 'udp' | 'sctp' }, ConntrackFlow[]>(
    z.strictObject({ family: ipFamilySchema, protocol: z.enum(['udp', 'sctp']) }),
  ),
  /** The first so many entries of every protocol that has ports, and how many entries the kernel lists in all. */
  readConntrack: verb<{ family: 'IPv4' | 'IPv6'; most: number }, { flows: ConntrackFlow[]; count: number }>(
    z.strictObject({ family: ipFamilySchema, most: z.int().min(0).max(10_000) }),
  ),
  /** Deletes exactly these entries; one that has gone already is no error. */
  deleteConntrack: verb<{ flows: ConntrackFlow[] }, void>(
    z.strictObject({ flows: z.array(conntrackFlowSchema).max(100_000) }),
  ),
  /** Empty where the kernel has no such setting. */
  readSysctl: verb<{ name: z.infer<typeof readableSysctlSchema> }, string>(
    z.strictObject({ name: readableSysctlSchema }),
  ),
  writeSysctl: verb<{ name: z.infer<typeof sysctlSchema>; value: '0' | '1' }, void>(
    z.strictObject({ name: sysctlSchema, value: z.enum(['0', '1']) }),
  ),
};

export type NodeVerbs = typeof nodeVerbs;
