import type { NftablesTable } from './model.ts';

/** Whether a table is there and none of its hooks is called: `flags dormant`, by which people switch a table off. */
export function isDormant({ other = [] }: NftablesTable): boolean {
  return other.some((line) => /^flags\b.*\bdormant\b/.test(line));
}
