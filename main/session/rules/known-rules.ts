/** The rules that the engine wrote, found again by what the node tells of them. */
import type { ChainName } from '../../../app/contract/rule-model.ts';
import { printRuleBody } from '../../../app/ruleset/iptables-print.ts';
import type {
  IptablesRule,
  IptablesRuleset,
  NftablesElement,
  NftablesRule,
  NftablesRuleset,
  Ruleset,
  ServicePortName,
} from '../../../app/ruleset/model.ts';
import { canonicalRule } from '../../../app/ruleset/nft-canonical.ts';
import type { Origin } from '../../../app/ruleset/origin.ts';

/** What the engine knows of a rule it wrote, beyond what the node tells. */
export interface KnownRule {
  origin: Origin;
  service?: ServicePortName;
}

/** A rule read from the node is one of these, or not ours. */
export class KnownRules {
  readonly #known = new Map<string, KnownRule>();

  constructor(rulesets: readonly Ruleset[]) {
    for (const ruleset of rulesets) {
      if (ruleset.kind === 'iptables') this.#addIptables(ruleset);
      else this.#addNftables(ruleset);
    }
  }

  iptablesRule(chain: ChainName, rule: IptablesRule): KnownRule | undefined {
    return this.#known.get(keyOf(chain, printRuleBody(rule)));
  }

  nftablesRule(chain: ChainName, rule: NftablesRule): KnownRule | undefined {
    return this.#known.get(keyOf(chain, canonicalRule(rule)));
  }

  nftablesElement(set: ChainName, element: NftablesElement): KnownRule | undefined {
    return this.#known.get(keyOf(set, elementText(element)));
  }

  #addIptables({ family, tables }: IptablesRuleset): void {
    for (const { name: table, chains } of tables) {
      for (const chain of chains) {
        const name = { family, table, chain: chain.name };
        for (const rule of chain.rules) this.#known.set(keyOf(name, printRuleBody(rule)), rule);
      }
    }
  }

  #addNftables({ family, tables }: NftablesRuleset): void {
    for (const { name: table, chains, sets, maps } of tables) {
      for (const chain of chains) {
        const name = { family, table, chain: chain.name };
        for (const rule of chain.rules) this.#known.set(keyOf(name, canonicalRule(rule)), rule);
      }
      for (const set of [...sets, ...maps]) {
        const name = { family, table, chain: set.name };
        for (const element of set.elements) this.#known.set(keyOf(name, elementText(element)), element);
      }
    }
  }
}

/** `10.254.1.2 . tcp . 80 : goto service-…` */
export function elementText({ key, value }: NftablesElement): string {
  const text = key.join(' . ');
  return value === undefined ? text : `${text} : ${value}`;
}

function keyOf({ family, table, chain }: ChainName, body: string): string {
  return `${family} ${table} ${chain} ${body}`;
}
