/**
 * Brings a node's kernel to the wanted rulesets by the smallest change. Remembers what it wrote, so that a
 * change of one endpoint costs one endpoint's rules; reads the node anew when it is told not to trust that.
 */
import type { IPFamily } from '../../app/kubernetes/objects.ts';
import { parseIptablesSave } from '../../app/ruleset/iptables-parse.ts';
import { updateIptables } from '../../app/ruleset/iptables-update.ts';
import type { IptablesRuleset, Ruleset } from '../../app/ruleset/model.ts';
import type { NodeTarget } from '../targets/node-target.ts';

export type FamilyRulesets = Partial<Record<IPFamily, Ruleset>>;

/** How much a write changed: what was handed to iptables-restore, in order; empty where nothing had to. */
export interface WriteResult {
  inputs: { tool: 'iptables' | 'ip6tables'; text: string }[];
}

const FAMILIES: IPFamily[] = ['IPv4', 'IPv6'];

function emptyIptables(family: IPFamily): IptablesRuleset {
  return { kind: 'iptables', family, tables: [], omissions: [] };
}

export class NodeWriter {
  readonly #target: NodeTarget;
  /** Families whose tools the node has. */
  readonly #families: IPFamily[];
  #known: Partial<Record<IPFamily, IptablesRuleset>> = {};

  constructor(target: NodeTarget, tools: { iptables: boolean; ip6tables: boolean }) {
    this.#target = target;
    this.#families = FAMILIES.filter((family) => (family === 'IPv4' ? tools.iptables : tools.ip6tables));
  }

  /** Forgets what the node held: the next write reads it. */
  forget(): void {
    this.#known = {};
  }

  /**
   * Writes; the mode before goes in the same transaction, because all modes of iptables live in the same
   * tables. Rejects with the tool's own words; what the node holds is then read again by the next write.
   */
  async write(wanted: FamilyRulesets): Promise<WriteResult> {
    const result: WriteResult = { inputs: [] };
    try {
      for (const family of this.#families) await this.#writeFamily(family, wanted[family], result);
    } catch (error) {
      this.forget();
      throw error;
    }
    return result;
  }

  async #writeFamily(family: IPFamily, ruleset: Ruleset | undefined, result: WriteResult): Promise<void> {
    const next = ruleset?.kind === 'iptables' ? ruleset : emptyIptables(family);
    const known =
      this.#known[family] ?? parseIptablesSave(await this.#target.verbs.readIptables({ family }), family);
    const input = updateIptables(known, next);
    if (input) {
      await this.#target.verbs.writeIptables({ family, input });
      result.inputs.push({ tool: family === 'IPv4' ? 'iptables' : 'ip6tables', text: input });
    }
    this.#known[family] = next;
  }
}
