/** Rulesets as JSON, in the shape that `resources/schemas/ruleset.schema.json` publishes. */
import { printRule } from '../ruleset/iptables-print.ts';
import type { IptablesRuleset, NftablesRuleset, NftablesSet, Ruleset } from '../ruleset/model.ts';
import { printElement, printRuleText } from '../ruleset/nft-commands.ts';
import type { ExportRequest } from './export-text.ts';
import type { RulesetDocument } from './ruleset-schema.ts';

export function printRulesetDocument(request: ExportRequest): string {
  return `${JSON.stringify(rulesetDocument(request), null, 1)}\n`;
}

export function rulesetDocument({ mode, dialect, nodeName, rulesets }: ExportRequest): RulesetDocument {
  return {
    format: 'kube-proxy-lab/ruleset',
    version: 1,
    mode,
    dialect,
    node: nodeName,
    rulesets: rulesets.map(withTexts),
  };
}

type DocumentRuleset = RulesetDocument['rulesets'][number];

function withTexts(ruleset: Ruleset): DocumentRuleset {
  return ruleset.kind === 'iptables' ? iptablesWithTexts(ruleset) : nftablesWithTexts(ruleset);
}

function iptablesWithTexts(ruleset: IptablesRuleset): DocumentRuleset {
  return {
    ...ruleset,
    tables: ruleset.tables.map((table) => ({
      ...table,
      chains: table.chains.map((chain) => ({
        ...chain,
        rules: chain.rules.map((rule) => ({ text: printRule(chain.name, rule), ...rule })),
      })),
    })),
  };
}

function nftablesWithTexts(ruleset: NftablesRuleset): DocumentRuleset {
  return {
    ...ruleset,
    tables: ruleset.tables.map((table) => ({
      ...table,
      chains: table.chains.map((chain) => ({
        ...chain,
        rules: chain.rules.map((rule) => ({ text: printRuleText(rule), ...rule })),
      })),
      sets: table.sets.map(elementsWithTexts),
      maps: table.maps.map(elementsWithTexts),
    })),
  };
}

function elementsWithTexts<T extends NftablesSet>(
  set: T,
): Omit<T, 'elements'> & { elements: (T['elements'][number] & { text: string })[] } {
  return { ...set, elements: set.elements.map((element) => ({ text: printElement(element), ...element })) };
}
