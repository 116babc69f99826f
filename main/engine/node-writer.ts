/**
 * Brings a node's kernel to the wanted rulesets by the smallest change. Remembers what it wrote, so that a
 * change of one endpoint costs one endpoint's rules; reads the node anew when it is told not to trust that.
 */
import type { IPFamily } from '../../app/kubernetes/objects.ts';
import type { Ruleset } from '../../app/ruleset/model.ts';
import type { NodeTarget } from '../targets/node-target.ts';
import { IptablesWriter } from './iptables-writer.ts';
import { MissingToolError } from './missing-tool-error.ts';
import { NftablesWriter } from './nftables-writer.ts';
import type { RulesWriter, WrittenInput } from './rules-writer.ts';

export type FamilyRulesets = Partial<Record<IPFamily, Ruleset>>;

/** How much a write changed: what was handed to the kernel's tools, in order; empty where nothing had to. */
export interface WriteResult {
  inputs: WrittenInput[];
}

/** Which of the kernel's tools a node has. */
export interface NodeTools {
  iptables: boolean;
  ip6tables: boolean;
  nft: boolean;
}

export class NodeWriter {
  readonly #target: NodeTarget;
  readonly #writers: readonly RulesWriter[];

  constructor(target: NodeTarget, tools: NodeTools) {
    this.#target = target;
    this.#writers = [new IptablesWriter(target, tools), new NftablesWriter(target, tools)];
  }

  /** Forgets what the node held: the next write reads it. */
  forget(): void {
    for (const writer of this.#writers) writer.forget();
  }

  /**
   * Writes the wanted rules, and then takes away those of the other kind: a connection always finds the one or
   * the other. Modes of iptables live in the same tables and change places in one transaction, unless there is too
   * much of them for one.
   *
   * Rejects with the tool's own words; what the node holds is then read again by the next write.
   */
  async write(wanted: FamilyRulesets): Promise<WriteResult> {
    const inputs: WrittenInput[] = [];
    try {
      for (const writer of this.#wantedFirst(wanted)) {
        for (const family of writer.families) {
          inputs.push(...(await writer.write(family, wanted[family])));
        }
      }
    } catch (error) {
      this.forget();
      throw error;
    }
    return { inputs };
  }

  #wantedFirst(wanted: FamilyRulesets): RulesWriter[] {
    const kinds = new Set(Object.values(wanted).map(({ kind }) => kind));
    const isWanted = ({ kind }: RulesWriter): boolean => kinds.has(kind);
    const needed = this.#writers.filter(isWanted);
    const without = needed.find(({ families }) => families.length === 0);
    if (without) {
      const tool = without.kind === 'nftables' ? 'nft' : 'iptables';
      throw new MissingToolError(this.#target.name, tool, `${without.kind} mode needs it`, without.kind);
    }
    return [...needed, ...this.#writers.filter((writer) => !isWanted(writer))];
  }
}
