/**
 * Brings a node's kernel to the wanted rulesets by the smallest change. Remembers what it wrote, so that a
 * change of one endpoint costs one endpoint's rules; reads the node anew when it is told not to trust that.
 */
import type { IPFamily } from '../../app/kubernetes/objects.ts';
import { parseIptablesSave } from '../../app/ruleset/iptables-parse.ts';
import { updateIptables } from '../../app/ruleset/iptables-update.ts';
import type { IptablesRuleset, NftablesRuleset, Ruleset } from '../../app/ruleset/model.ts';
import { parseNftables } from '../../app/ruleset/nft-parse.ts';
import { updateNftables } from '../../app/ruleset/nft-update.ts';
import type { NodeTarget } from '../targets/node-target.ts';

export type FamilyRulesets<Kind extends Ruleset = Ruleset> = Partial<Record<IPFamily, Kind>>;

/** How much a write changed, in lines handed to the kernel's tools. */
export interface WriteResult {
  /** The inputs of iptables-restore and nft, in order; empty where nothing had to change. */
  inputs: { tool: 'iptables' | 'ip6tables' | 'nft'; text: string }[];
}

const FAMILIES: IPFamily[] = ['IPv4', 'IPv6'];

function emptyIptables(family: IPFamily): IptablesRuleset {
  return { kind: 'iptables', family, tables: [], omissions: [] };
}

function emptyNftables(family: IPFamily): NftablesRuleset {
  return { kind: 'nftables', family, tables: [], omissions: [] };
}

export class NodeWriter {
  readonly #target: NodeTarget;
  /** Families whose tools the node has. */
  readonly #iptables: IPFamily[];
  readonly #hasNft: boolean;
  #knownIptables: FamilyRulesets<IptablesRuleset> = {};
  #knownNftables: FamilyRulesets<NftablesRuleset> = {};

  constructor(target: NodeTarget, tools: { iptables: boolean; ip6tables: boolean; nft: boolean }) {
    this.#target = target;
    this.#iptables = FAMILIES.filter((family) => (family === 'IPv4' ? tools.iptables : tools.ip6tables));
    this.#hasNft = tools.nft;
  }

  /** Forgets what the node held: the next write reads it. */
  forget(): void {
    this.#knownIptables = {};
    this.#knownNftables = {};
  }

  /**
   * Writes. The new mode's rules come before the old mode's go where they live in different tables of the
   * kernel; where they live in the same, one transaction does both. Rejects with the tool's own words; what
   * the node holds is then read again by the next write.
   */
  async write(wanted: FamilyRulesets): Promise<WriteResult> {
    const result: WriteResult = { inputs: [] };
    const usesNft = Object.values(wanted).some((ruleset) => ruleset.kind === 'nftables');
    try {
      if (usesNft) await this.#writeNftables(wanted, result);
      await this.#writeIptables(wanted, result);
      if (!usesNft) await this.#writeNftables(wanted, result);
    } catch (error) {
      this.forget();
      throw error;
    }
    return result;
  }

  async #writeIptables(wanted: FamilyRulesets, result: WriteResult): Promise<void> {
    for (const family of this.#iptables) {
      const ruleset = wanted[family];
      const next = ruleset?.kind === 'iptables' ? ruleset : emptyIptables(family);
      const known =
        this.#knownIptables[family] ??
        parseIptablesSave(await this.#target.verbs.readIptables({ family }), family);
      const input = updateIptables(known, next);
      if (input) {
        await this.#target.verbs.writeIptables({ family, input });
        result.inputs.push({ tool: family === 'IPv4' ? 'iptables' : 'ip6tables', text: input });
      }
      this.#knownIptables[family] = next;
    }
  }

  async #writeNftables(wanted: FamilyRulesets, result: WriteResult): Promise<void> {
    if (!this.#hasNft) return;
    for (const family of FAMILIES) {
      const ruleset = wanted[family];
      const next = ruleset?.kind === 'nftables' ? ruleset : emptyNftables(family);
      const known =
        this.#knownNftables[family] ??
        parseNftables(await this.#target.verbs.readNftables({ family }), family);
      const input = updateNftables(known, next);
      if (input) {
        await this.#target.verbs.writeNftables({ input });
        result.inputs.push({ tool: 'nft', text: input });
      }
      this.#knownNftables[family] = next;
    }
  }
}
