import type { IPFamily } from '../../app/kubernetes/objects.ts';
import type { Ruleset } from '../../app/ruleset/model.ts';

/** Rules of one family, as one of the kernel's tools has them. */
export interface RulesSource {
  readonly family: IPFamily;
  readonly kind: Ruleset['kind'];
}

/** What was handed to one of the kernel's tools in one call. */
export interface WrittenInput {
  family: IPFamily;
  tool: 'iptables' | 'ip6tables' | 'nft';
  text: string;
}

/** Writes the rulesets of one kind. Remembers what it wrote, until it is told to forget. */
export interface RulesWriter {
  readonly kind: Ruleset['kind'];
  /** Families for which the node has the tool. */
  readonly families: readonly IPFamily[];
  /**
   * Brings the node's rules of that kind to the wanted ones, by the smallest change; without a ruleset of its
   * kind, takes them away: at once, or in several inputs where that is too much for the kernel. Resolves with what
   * was written, in order; nothing where nothing had to change.
   */
  write(family: IPFamily, wanted: Ruleset | undefined): Promise<WrittenInput[]>;
  /** Trusts nothing remembered: the next write reads the node. */
  forget(): void;
}
