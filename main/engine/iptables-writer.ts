import type { IPFamily } from '../../app/kubernetes/objects.ts';
import { parseIptablesSave } from '../../app/ruleset/iptables-parse.ts';
import { updateIptables } from '../../app/ruleset/iptables-update.ts';
import type { IptablesRuleset, Ruleset } from '../../app/ruleset/model.ts';
import type { NodeTarget } from '../targets/node-target.ts';
import type { RulesWriter, WrittenInput } from './rules-writer.ts';

/** The rules of iptables and userspace mode, which live in the same tables. */
export class IptablesWriter implements RulesWriter {
  readonly kind = 'iptables';
  readonly families: readonly IPFamily[];
  readonly #target: NodeTarget;
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
    const { verbs } = this.#target;
    const next: IptablesRuleset =
      wanted?.kind === 'iptables' ? wanted : { kind: 'iptables', family, tables: [], omissions: [] };
    const known = this.#known[family] ?? parseIptablesSave(await verbs.readIptables({ family }), family);
    const inputs = updateIptables(known, next);
    for (const input of inputs) await verbs.writeIptables({ family, input });
    this.#known[family] = next;
    return inputs.map((text) => ({ family, tool: family === 'IPv4' ? 'iptables' : 'ip6tables', text }));
  }
}
