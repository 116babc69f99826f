import { serviceOfRule } from '../ruleset/diff.ts';
import type { IptablesRuleset } from '../ruleset/model.ts';

/**
 * Which Service an iptables chain is for, as its own rules or those that lead to it tell: in large clusters the
 * rules of endpoints carry no comment.
 */
export class ServiceOfChain {
  readonly #known = new Map<string, string>();
  readonly #leadTo = new Map<string, string[]>();

  constructor(rulesets: readonly IptablesRuleset[]) {
    for (const { tables } of rulesets) {
      for (const { chains } of tables) {
        for (const { name, rules } of chains) {
          for (const rule of rules) {
            const [service] = serviceOfRule(rule);
            const { target } = rule;
            const next = target?.kind === 'jump' || target?.kind === 'goto' ? target.chain : undefined;
            if (DERIVED.test(name) && service !== undefined) this.#known.set(name, service);
            if (next === undefined || !DERIVED.test(next)) continue;
            if (service !== undefined) this.#known.set(next, service);
            if (DERIVED.test(name)) this.#leadTo.set(next, [...(this.#leadTo.get(next) ?? []), name]);
          }
        }
      }
    }
  }

  find(chain: string): string | undefined {
    const known = this.#known.get(chain);
    if (known !== undefined) return known;
    for (const before of this.#leadTo.get(chain) ?? []) {
      const service = this.#known.get(before);
      if (service !== undefined) return service;
    }
    return undefined;
  }
}

const DERIVED = /^KUBE-[A-Z]{2,3}-[A-Z2-7]{16}$/;
