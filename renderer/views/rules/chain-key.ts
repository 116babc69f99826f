/** What a chain, set or map of the node is known by in the window. */
import type { ChainName } from '../../../app/contract/rule-model.ts';

/** `IPv4 nat KUBE-SERVICES`; none of the three holds a blank. */
export function chainKey({ family, table, chain }: ChainName): string {
  return `${family} ${table} ${chain}`;
}
