/** Which rules lead to which chains: the jump graph, read backwards. */
import { chainKey } from './chain-key.ts';
import type { LiveChain, LiveRule } from './live-rules.ts';

/** A rule that leads to a chain, set or map. */
export interface Reference {
  readonly from: LiveChain;
  readonly rule: LiveRule;
}

/** The key of the chain that a name in a rule of `chain` means: chains are known within their table. */
export function targetKey(chain: LiveChain, name: string): string {
  return chainKey({ ...chain, chain: name.replace(/^@/, '') });
}

/** Sets and maps that a rule asks beside the one it jumps through: `@cluster-ips`. */
const ASKED = /@([^\s{},;]+)/g;

/** Keys of all that a rule leads to. */
export function targetsOf(chain: LiveChain, { jump, text }: LiveRule): string[] {
  const names = new Set(jump === undefined ? [] : [jump]);
  if (text.includes('@')) for (const [, name = ''] of text.matchAll(ASKED)) names.add(name);
  return [...names].map((name) => targetKey(chain, name));
}

/** By the key of the chain that is led to, in the order of the rules. */
export function referencesByTarget(chains: readonly LiveChain[]): Map<string, Reference[]> {
  const references = new Map<string, Reference[]>();
  for (const from of chains) {
    for (const rule of from.rules) {
      for (const key of targetsOf(from, rule)) {
        const known = references.get(key);
        if (known) known.push({ from, rule });
        else references.set(key, [{ from, rule }]);
      }
    }
  }
  return references;
}
