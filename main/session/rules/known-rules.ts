/** The rules that the engine wrote, found again by what the node tells of them. */
import type { ChainName } from '../../../app/contract/rule-model.ts';
import { printRuleBody } from '../../../app/ruleset/iptables-print.ts';
import type {
  IptablesChain,
  IptablesRule,
  IptablesTable,
  NftablesChain,
  NftablesElement,
  NftablesRule,
  NftablesSet,
  NftablesTable,
  Ruleset,
  ServicePortName,
} from '../../../app/ruleset/model.ts';
import { canonicalRule } from '../../../app/ruleset/nft-canonical.ts';
import type { Origin } from '../../../app/ruleset/origin.ts';
import { chainKey } from './chain-changes.ts';

/** What the engine knows of a rule it wrote, beyond what the node tells. */
export interface KnownRule {
  origin: Origin;
  service?: ServicePortName;
}

type Written = IptablesChain | NftablesChain | NftablesSet;

/** Of chains that a sync has left as they were, and which are the same objects for it (`keepChains`), made once. */
const byText = new WeakMap<Written, ReadonlyMap<string, KnownRule>>();

/** A rule read from the node is one of these, or not ours. */
export class KnownRules {
  readonly #chains: ReadonlyMap<string, Written>;

  constructor(rulesets: readonly Ruleset[]) {
    this.#chains = new Map(rulesets.flatMap(chainsOf));
  }

  /** What the engine wrote into a chain (`IPv4 nat KUBE-SERVICES`): the same object for as long as it says the same. */
  writtenIn(chain: string): object | undefined {
    return this.#chains.get(chain);
  }

  iptablesRule(chain: ChainName, rule: IptablesRule): KnownRule | undefined {
    return this.#find(chain, () => printRuleBody(rule));
  }

  nftablesRule(chain: ChainName, rule: NftablesRule): KnownRule | undefined {
    return this.#find(chain, () => canonicalRule(rule));
  }

  nftablesElement(set: ChainName, element: NftablesElement): KnownRule | undefined {
    return this.#find(set, () => elementText(element));
  }

  #find(name: ChainName, text: () => string): KnownRule | undefined {
    const chain = this.#chains.get(chainKey(name));
    return chain && rulesByText(chain).get(text());
  }
}

function chainsOf({ family, tables }: Ruleset): [string, Written][] {
  return tables.flatMap((table: IptablesTable | NftablesTable): [string, Written][] => {
    const written: Written[] =
      'sets' in table ? [...table.chains, ...table.sets, ...table.maps] : table.chains;
    return written.map((chain) => [chainKey({ family, table: table.name, chain: chain.name }), chain]);
  });
}

function rulesByText(chain: Written): ReadonlyMap<string, KnownRule> {
  let rules = byText.get(chain);
  if (!rules) {
    rules =
      'elements' in chain
        ? new Map(chain.elements.map((element) => [elementText(element), element]))
        : new Map(chain.rules.map((rule) => [ruleBody(rule), rule]));
    byText.set(chain, rules);
  }
  return rules;
}

function ruleBody(rule: IptablesRule | NftablesRule): string {
  return 'expression' in rule ? canonicalRule(rule) : printRuleBody(rule);
}

/** `10.254.1.2 . tcp . 80 : goto service-…` */
export function elementText({ key, value }: NftablesElement): string {
  const text = key.join(' . ');
  return value === undefined ? text : `${text} : ${value}`;
}
