import { describe, expect, it } from 'vitest';
import type { ChainChange, SyncReport } from '../../../app/contract/engine.ts';
import { syncRows } from './sync-rows.ts';

const rule = (text: string, service?: string): ChainChange['added'][number] => ({
  text,
  verdict: '',
  ...(service === undefined ? {} : { service }),
});
const change = (chain: string, parts: Partial<ChainChange>): ChainChange => ({
  family: 'IPv4',
  table: 'nat',
  chain,
  kind: 'changed',
  added: [],
  removed: [],
  moved: [],
  addedCount: parts.added?.length ?? 0,
  removedCount: parts.removed?.length ?? 0,
  movedCount: parts.moved?.length ?? 0,
  services: [],
  ...parts,
});
const sync = (chains: ChainChange[], moreChains = 0): SyncReport => ({
  number: 1,
  at: '2026-01-01T00:00:00Z',
  durationMs: 1,
  mode: 'iptables',
  dialect: 'current',
  full: false,
  rules: 1,
  lines: 1,
  warnings: [],
  chains,
  moreChains,
  added: 0,
  removed: 0,
  moved: 0,
});
const seen = (report: SyncReport, service: string | null = null): string[] =>
  syncRows(report, service).map((row) => {
    if (row.kind === 'chain') return row.change.chain;
    return 'rule' in row ? `${row.kind} ${row.rule.text}` : `${row.kind} ${row.count}`;
  });

describe('the rows of a sync', () => {
  const report = sync(
    [
      change('A', { added: [rule('new', 'a/b')], removed: [rule('old')], services: ['a/b'] }),
      change('B', { moved: [rule('m')], movedCount: 5 }),
    ],
    7,
  );

  it('are chains with what went, came and moved, and what is not listed', () => {
    expect(seen(report)).toEqual([
      'A',
      'removed old',
      'added new',
      'B',
      'moved m',
      'more-rules 4',
      'more-chains 7',
    ]);
  });

  it('may be those of one Service', () => {
    expect(seen(report, 'a/b')).toEqual(['A', 'added new']);
    expect(seen(report, 'a/c')).toEqual([]);
  });

  it('have keys of their own', () => {
    const keys = syncRows(report, null).map(({ key }) => key);
    expect(new Set(keys).size).toBe(keys.length);
  });
});
