import { describe, expect, test } from 'vitest';
import type { Command } from '../session/commands.svelte.ts';
import { search } from './palette-search.ts';

const command = (title: string, more: Partial<Command> = {}): Command => ({
  id: title,
  title,
  section: 'Lab',
  run: () => undefined,
  ...more,
});
const commands = [
  command('Services', { section: 'Go to' }),
  command('Switch the proxy mode', { keywords: ['nftables'] }),
  command('default/mysql-service', { section: 'Services', keywords: ['10.254.162.44'] }),
  command('default/web'),
  command('KUBE-SVC-TCOU7JCQXEZGVUNU'),
  command('KUBE-SERVICES'),
];
const titles = (typed: string): string[] => search(commands, typed, 10).map(({ title }) => title);

describe('the palette', () => {
  test('shows all in their order before something is typed', () => {
    expect(titles(' ')).toHaveLength(commands.length);
  });
  test.each([
    { typed: 'mysql', first: 'default/mysql-service' },
    { typed: '10.254.162', first: 'default/mysql-service' },
    { typed: 'nft', first: 'Switch the proxy mode' },
    { typed: 'kube-svc', first: 'KUBE-SVC-TCOU7JCQXEZGVUNU' },
    { typed: 'services', first: 'Services' },
    { typed: 'spm', first: 'Switch the proxy mode' },
  ])('finds $first for $typed', ({ typed, first }) => {
    expect(titles(typed)[0]).toBe(first);
  });
  test('finds nothing for what is in none of them', () => {
    expect(titles('zzz')).toEqual([]);
  });
  test('gives no more than asked for', () => {
    expect(search(commands, 'e', 2)).toHaveLength(2);
  });
});
