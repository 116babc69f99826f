import type { IPFamily } from '../../app/kubernetes/objects.ts';
import { parseIptablesSave } from '../../app/ruleset/iptables-parse.ts';
import { updateIptables } from '../../app/ruleset/iptables-update.ts';
import type { IptablesRuleset, Ruleset } from '../../app/ruleset/model.ts';
import type { NodeTarget } from '../targets/node-target.ts';
import type { RulesWriter, WrittenInput } from './rules-writer.ts';
import { TransactionLimit } from './transaction-limit.ts';

/** The rules of iptables and userspace mode, which live in the same tables. */
export class IptablesWriter implements RulesWriter {
  readonly kind = 'iptables';
  readonly families: readonly IPFamily[];
  readonly #target: NodeTarget;
  readonly #limit = new TransactionLimit();
  #known: Partial<Record<IPFamily, IptablesRuleset>> = {};

  constructor(target: NodeTarget, tools: { iptables: boolean; ip6tables: boolean }) {
    this.#target = target;
    this.families = [
      ...(tools.iptables ? ['IPv4' as const] : []),
      ...(tools.ip6tables ? ['IPv6' as const] : []),
    ];
  }

  forget(): void {
    this.#known = {};
  }

  async write(family: IPFamily, wanted: Ruleset | undefined): Promise<WrittenInput[]> {
    const next: IptablesRuleset =
      wanted?.kind === 'iptables' ? wanted : { kind: 'iptables', family, tables: [], omissions: [] };
    const inputs = await this.#update(this.#known[family] ?? (await this.#read(family)), next);
    this.#known[family] = next;
    return inputs.map((text) => ({ family, tool: family === 'IPv4' ? 'iptables' : 'ip6tables', text }));
  }

  async #read(family: IPFamily): Promise<IptablesRuleset> {
    return parseIptablesSave(await this.#target.verbs.readIptables({ family }), family);
  }

  async #update(known: IptablesRuleset, next: IptablesRuleset): Promise<string[]> {
    const { family } = next;
    const written: string[] = [];
    try {
      for (const input of updateIptables(known, next, this.#limit.bytes)) {
        await this.#target.verbs.writeIptables({ family, input });
        written.push(input);
      }
      return written;
    } catch (error) {
      if (!this.#limit.learnFrom(error)) throw error;
    }
    // Tables before the refused one, of the same input too, are on the node.
    return [...written, ...(await this.#update(await this.#read(family), next))];
  }
}
