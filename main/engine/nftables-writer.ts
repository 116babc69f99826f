import type { IPFamily } from '../../app/kubernetes/objects.ts';
import type { NftablesRuleset, Ruleset } from '../../app/ruleset/model.ts';
import { parseNftables } from '../../app/ruleset/nft-parse.ts';
import { updateNftables } from '../../app/ruleset/nft-update.ts';
import type { NodeTarget } from '../targets/node-target.ts';
import type { RulesWriter, WrittenInput } from './rules-writer.ts';

/** The nftables mode's table of each family. */
export class NftablesWriter implements RulesWriter {
  readonly kind = 'nftables';
  readonly families: readonly IPFamily[];
  readonly #target: NodeTarget;
  #known: Partial<Record<IPFamily, NftablesRuleset>> = {};
  /** The kernel has refused to let go of a chain at once: it is one from before 6.2. */
  #keepsStaleChains = false;

  constructor(target: NodeTarget, tools: { nft: boolean }) {
    this.#target = target;
    this.families = tools.nft ? ['IPv4', 'IPv6'] : [];
  }

  forget(): void {
    this.#known = {};
  }

  async write(family: IPFamily, wanted: Ruleset | undefined): Promise<WrittenInput | undefined> {
    const next: NftablesRuleset =
      wanted?.kind === 'nftables' ? wanted : { kind: 'nftables', family, tables: [], omissions: [] };
    const known =
      this.#known[family] ?? parseNftables(await this.#target.verbs.readNftables({ family }), family);
    const text = await this.#update(known, next);
    // A chain that was only emptied is found when the node is read again, and goes then.
    this.#known[family] = next;
    return text ? { tool: 'nft', text } : undefined;
  }

  async #update(known: NftablesRuleset, next: NftablesRuleset): Promise<string> {
    const { verbs } = this.#target;
    const text = updateNftables(known, next, { staleChains: this.#keepsStaleChains ? 'flush' : 'delete' });
    if (!text) return text;
    try {
      await verbs.writeNftables({ input: text });
      return text;
    } catch (error) {
      if (this.#keepsStaleChains || !isBusy(error)) throw error;
    }
    this.#keepsStaleChains = true;
    return await this.#update(known, next);
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && /Device or resource busy/.test(error.message);
}
