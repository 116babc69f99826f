/** What on the node is not kube-proxy's: shown, marked, and never touched. */
import type { ShownChain, ShownRule } from '../../../app/contract/rule-model.ts';
import { isNftables } from './rule-text.ts';

type Chain = Pick<ShownChain, 'ours' | 'base' | 'table'>;

/**
 * A rule whose cause nobody knows is foreign in a chain that others write to: one of theirs, or a built-in
 * one of iptables, which kube-proxy's jumps share with everybody's rules.
 */
export function isForeignRule(chain: Chain, { origin }: Pick<ShownRule, 'origin'>): boolean {
  if (origin !== undefined && origin.kind !== 'unknown') return false;
  return !chain.ours || (chain.base !== undefined && !isNftables(chain));
}

/** Nothing in it is kube-proxy's; a chain that it shares with the kubelet is not foreign. */
export function isForeignChain(chain: Chain & { readonly rules: readonly ShownRule[] }): boolean {
  return !chain.ours && chain.rules.every((rule) => isForeignRule(chain, rule));
}
