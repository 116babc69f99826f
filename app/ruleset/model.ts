/**
 * The ruleset of one node in one IP family, the same model for every proxy mode.
 *
 * Rules are values: typed matches and a typed target, never text, so that they can be printed, explained,
 * walked by a packet and compared. What a rule read back from a node holds beyond the known types is kept
 * verbatim (`kind: 'other'`), so that printing what was parsed gives the same rule again.
 */
import type { IPFamily, Protocol } from '../kubernetes/objects.ts';
import type { Origin } from './origin.ts';

export type Ruleset = IptablesRuleset | NftablesRuleset;

/** The name kube-proxy gives a Service port: `port` is the port's name, empty when it has none. */
export interface ServicePortName {
  readonly namespace: string;
  readonly name: string;
  readonly port: string;
  readonly protocol: Protocol;
}

/** A field of an object that a dialect or mode cannot express: left out of the rules, and said so. */
export interface Omission {
  readonly origin: Origin;
  /** One clause for people: what is missing and why. */
  readonly reason: string;
}

/** Packets and bytes that met a rule, or a built-in chain's policy. */
export interface Counters {
  readonly packets: number;
  readonly bytes: number;
}

// --- iptables: modes iptables and userspace -----------------------------------------------------------------

export interface IptablesRuleset {
  readonly kind: 'iptables';
  readonly family: IPFamily;
  readonly tables: IptablesTable[];
  readonly omissions: Omission[];
}

export interface IptablesTable {
  readonly name: string;
  /** Built-in chains that hold rules of ours first, then user chains in the order they were made. */
  readonly chains: IptablesChain[];
}

export interface IptablesChain {
  readonly name: string;
  /** The policy of a built-in chain; absent for a user chain. */
  readonly policy?: string;
  readonly rules: IptablesRule[];
  readonly counters?: Counters;
}

export interface IptablesRule {
  /** In the order iptables-save prints them: addresses, interfaces, protocol, then extensions as given. */
  readonly matches: readonly IptablesMatch[];
  /** Absent for a rule that only counts or carries a comment. */
  readonly target?: IptablesTarget;
  readonly origin: Origin;
  /** The Service port the rule works for, absent in the frame and in foreign rules. */
  readonly service?: ServicePortName;
  readonly counters?: Counters;
}

export type IptablesMatch =
  /** An address block in canonical form: `10.0.0.0/8`, `fd00::1/128`. */
  | { readonly kind: 'source'; readonly cidr: string; readonly negated?: boolean }
  | { readonly kind: 'destination'; readonly cidr: string; readonly negated?: boolean }
  /** An interface's name; a `+` at its end stands for any rest. */
  | { readonly kind: 'in-interface'; readonly name: string; readonly negated?: boolean }
  | { readonly kind: 'out-interface'; readonly name: string; readonly negated?: boolean }
  | { readonly kind: 'protocol'; readonly protocol: string; readonly negated?: boolean }
  | { readonly kind: 'comment'; readonly text: string }
  /** `-m tcp`, `-m udp` or `-m sctp`, with a port or without. */
  | { readonly kind: 'transport'; readonly protocol: TransportModule; readonly destinationPort?: number }
  | { readonly kind: 'mark'; readonly value: number; readonly mask: number; readonly negated?: boolean }
  | { readonly kind: 'conntrack'; readonly states: readonly string[]; readonly negated?: boolean }
  /** The older `-m state`, the same question as conntrack's. */
  | { readonly kind: 'state'; readonly states: readonly string[]; readonly negated?: boolean }
  | {
      readonly kind: 'addrtype';
      readonly side: 'source' | 'destination';
      readonly type: string;
      readonly negated?: boolean;
    }
  /** True at random; the probability as iptables-save prints it, eleven decimals. */
  | { readonly kind: 'statistic'; readonly probability: string }
  | RecentMatch
  | { readonly kind: 'nfacct'; readonly counter: string }
  /** `-m physdev --physdev-is-in`: the packet came in over a bridge port. */
  | { readonly kind: 'physdev-is-in'; readonly negated?: boolean }
  /** Anything else, word for word, with its leading `-m module` where it has one. */
  | { readonly kind: 'other'; readonly text: string };

export type TransportModule = 'tcp' | 'udp' | 'sctp';

/** The list of source addresses seen lately: `set` notes the packet's, `rcheck` asks for it. */
export interface RecentMatch {
  readonly kind: 'recent';
  readonly action: 'set' | 'rcheck';
  readonly list: string;
  readonly seconds?: number;
  /** Forget addresses not seen for `seconds`. */
  readonly reap?: boolean;
  readonly mask: string;
}

export type IptablesTarget =
  | { readonly kind: 'accept' | 'drop' | 'return' }
  | { readonly kind: 'jump' | 'goto'; readonly chain: string }
  /** `mark = (mark & ~mask) ^ value`. */
  | { readonly kind: 'mark'; readonly value: number; readonly mask: number }
  | { readonly kind: 'masquerade'; readonly randomFully?: boolean }
  | { readonly kind: 'dnat'; readonly destination: string }
  | { readonly kind: 'redirect'; readonly port: number }
  | { readonly kind: 'reject'; readonly with: string }
  /** Anything else, word for word, with its leading `-j`. */
  | { readonly kind: 'other'; readonly text: string };

// --- nftables -------------------------------------------------------------------------------------------------

export interface NftablesRuleset {
  readonly kind: 'nftables';
  readonly family: IPFamily;
  readonly tables: NftablesTable[];
  readonly omissions: Omission[];
}

export interface NftablesTable {
  readonly family: 'ip' | 'ip6' | 'inet' | 'arp' | 'bridge' | 'netdev';
  readonly name: string;
  readonly comment?: string;
  readonly chains: NftablesChain[];
  readonly sets: NftablesSet[];
  readonly maps: NftablesMap[];
  /** Anything else in the table (flags, flowtables, counters), word for word. */
  readonly other?: readonly string[];
}

export interface NftablesChain {
  readonly name: string;
  readonly comment?: string;
  /** Where the kernel calls the chain; absent for a chain that is only jumped to. */
  readonly base?: {
    readonly type: string;
    readonly hook: string;
    /** A number: `-110`, where nft also says `dstnat - 10`. */
    readonly priority: string;
    readonly policy?: string;
    /** For hooks of devices. */
    readonly device?: string;
  };
  readonly rules: NftablesRule[];
}

export interface NftablesRule {
  /**
   * The rule as nft prints it, without comment: `ip daddr 10.0.0.1 tcp dport 80 drop`. Sets within it may be in
   * any order: two rules are the same when their canonical forms are.
   */
  readonly expression: string;
  readonly comment?: string;
  readonly origin: Origin;
  readonly service?: ServicePortName;
}

export interface NftablesSet {
  readonly name: string;
  readonly comment?: string;
  /** `type`'s value in nft syntax, e.g. `ipv4_addr . inet_proto . inet_service`; or `typeof` with its own. */
  readonly type: string;
  readonly flags?: readonly string[];
  /** Seconds. */
  readonly timeout?: number;
  /** The most elements it may hold. */
  readonly size?: number;
  readonly elements: NftablesElement[];
  /** Anything else (`policy memory`, `gc-interval 1m`), word for word. */
  readonly other?: readonly string[];
}

export interface NftablesMap extends NftablesSet {
  /** What a key is mapped to: `verdict` for a verdict map. */
  readonly valueType: string;
}

export interface NftablesElement {
  /** The parts of a concatenated key, in order. */
  readonly key: readonly string[];
  /** A map's value, e.g. `goto service-ABC`. */
  readonly value?: string;
  readonly comment?: string;
  /** What the kernel says of it beyond that (`expires 1m30s`, `counter packets 1 bytes 60`), word for word. */
  readonly other?: string;
  readonly origin: Origin;
  readonly service?: ServicePortName;
}
