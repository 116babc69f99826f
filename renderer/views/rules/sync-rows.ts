/** The rows of one sync's changes: a heading for each chain, then its rules as a difference. */
import type { ChainChange, SyncReport } from '../../../app/contract/engine.ts';
import type { RuleText } from '../../../app/contract/rule-model.ts';
import { chainKey } from './chain-key.ts';

export type SyncRow =
  | { readonly kind: 'chain'; readonly key: string; readonly change: ChainChange }
  | {
      readonly kind: 'removed' | 'added' | 'moved';
      readonly key: string;
      readonly change: ChainChange;
      readonly rule: RuleText;
    }
  /** Rules or chains that changed and are not listed. */
  | { readonly kind: 'more-rules' | 'more-chains'; readonly key: string; readonly count: number };

/** @param service `namespace/name`: only what was done for it; null: all */
export function syncRows(sync: SyncReport, service: string | null): SyncRow[] {
  const chains = service === null ? sync.chains : sync.chains.flatMap((change) => ofService(change, service));
  const rows = chains.flatMap(chainRows);
  if (sync.moreChains > 0 && service === null) {
    rows.push({ kind: 'more-chains', key: 'more-chains', count: sync.moreChains });
  }
  return rows;
}

function chainRows(change: ChainChange): SyncRow[] {
  const key = chainKey(change);
  const listed = (['removed', 'added', 'moved'] as const).flatMap((kind) =>
    change[kind].map((rule, index): SyncRow => ({ kind, key: `${key} ${kind} ${index}`, change, rule })),
  );
  const all = change.removedCount + change.addedCount + change.movedCount;
  return [
    { kind: 'chain', key, change },
    ...listed,
    ...(all > listed.length
      ? [{ kind: 'more-rules', key: `${key} more`, count: all - listed.length } as const]
      : []),
  ];
}

function ofService(change: ChainChange, service: string): ChainChange[] {
  if (!change.services.includes(service)) return [];
  const its = (rules: RuleText[]): RuleText[] => rules.filter((rule) => rule.service === service);
  const [added, removed, moved] = [its(change.added), its(change.removed), its(change.moved)];
  return [
    {
      ...change,
      added,
      removed,
      moved,
      addedCount: added.length,
      removedCount: removed.length,
      movedCount: moved.length,
    },
  ];
}
