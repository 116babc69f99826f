import type { IPFamily } from '../../app/kubernetes/objects.ts';
import type { NftablesRuleset, Ruleset } from '../../app/ruleset/model.ts';
import { parseNftables } from '../../app/ruleset/nft-parse.ts';
import { updateNftables } from '../../app/ruleset/nft-update.ts';
import type { NodeTarget } from '../targets/node-target.ts';
import type { RulesWriter, WrittenInput } from './rules-writer.ts';
import { TransactionLimit } from './transaction-limit.ts';

/** The nftables mode's table of each family. */
export class NftablesWriter implements RulesWriter {
  readonly kind = 'nftables';
  readonly families: readonly IPFamily[];
  readonly #target: NodeTarget;
  readonly #limit = new TransactionLimit();
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

  async write(family: IPFamily, wanted: Ruleset | undefined): Promise<WrittenInput[]> {
    const next: NftablesRuleset =
      wanted?.kind === 'nftables' ? wanted : { kind: 'nftables', family, tables: [], omissions: [] };
    const inputs = await this.#update(this.#known[family] ?? (await this.#read(family)), next);
    // A chain that was only emptied is found when the node is read again, and goes then.
    this.#known[family] = next;
    return inputs.map((text) => ({ family, tool: 'nft', text }));
  }

  async #read(family: IPFamily): Promise<NftablesRuleset> {
    return parseNftables(await this.#target.verbs.readNftables({ family }), family);
  }

  async #update(known: NftablesRuleset, next: NftablesRuleset): Promise<string[]> {
    const inputs = updateNftables(known, next, {
      staleChains: this.#keepsStaleChains ? 'flush' : 'delete',
      limit: this.#limit.bytes,
    });
    const written: string[] = [];
    try {
      for (const input of inputs) {
        await this.#target.verbs.writeNftables({ input });
        written.push(input);
      }
      return written;
    } catch (error) {
      if (!this.#learnFrom(error)) throw error;
    }
    // Inputs before the refused one are on the node.
    const present = written.length === 0 ? known : await this.#read(next.family);
    return [...written, ...(await this.#update(present, next))];
  }

  /** Whether a refused write tells how to write so that it is not. */
  #learnFrom(error: unknown): boolean {
    if (this.#limit.learnFrom(error)) return true;
    if (this.#keepsStaleChains || !isBusy(error)) return false;
    this.#keepsStaleChains = true;
    return true;
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && /Device or resource busy/.test(error.message);
}
