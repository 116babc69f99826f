/**
 * One form for rules that nft takes for the same: it merges and sorts the addresses of a set within a rule, leaves
 * the braces of a single one away, and prints a mask of the mark's first bits as it prints networks.
 */
import ipaddr from 'ipaddr.js';
import type { NftablesRule } from './model.ts';
import { printRuleText } from './nft-commands.ts';

/** First and last address, both inclusive, as numbers. */
interface Interval {
  readonly first: bigint;
  last: bigint;
}

/** A set of addresses after a header's field. */
const ADDRESS_SET = /\b(ip6?) ([sd]addr) (!= )?\{ ([^{}]*) \}/g;

/** `0x80000000/1`: the mark's first bit. */
const MARK_PREFIX = /\bmeta mark ([!=]= )?(0x[0-9a-f]+)\/(\d+)/g;

/** Two rules do the same when this is the same text. */
export function canonicalRule(rule: NftablesRule): string {
  const text = printRuleText(rule).replace(MARK_PREFIX, (_, operator = '== ', value, length) => {
    const mask = (2n ** 32n - 2n ** BigInt(32 - Number(length))).toString(16).padStart(8, '0');
    return `meta mark & 0x${mask} ${operator}${value}`;
  });
  if (!text.includes('addr {') && !text.includes('addr != {')) return text;
  return text.replace(ADDRESS_SET, (whole: string, ip: string, field: string, not = '', list = '') => {
    const merged = mergedAddresses(list.split(','), ip === 'ip' ? 4 : 16);
    if (merged === undefined) return whole;
    const [only, ...more] = merged;
    return `${ip} ${field} ${not}${more.length === 0 ? only : `{ ${merged.join(', ')} }`}`;
  });
}

/** The addresses, blocks and ranges of a list as the fewest blocks and ranges; undefined where one is none. */
function mergedAddresses(list: readonly string[], bytes: 4 | 16): string[] | undefined {
  const intervals: Interval[] = [];
  for (const text of list) {
    const interval = toInterval(text.trim(), bytes);
    if (interval === undefined) return undefined;
    intervals.push(interval);
  }
  intervals.sort((a, b) => (a.first < b.first ? -1 : 1));
  const merged: Interval[] = [];
  for (const interval of intervals) {
    const before = merged.at(-1);
    if (before === undefined || interval.first > before.last + 1n) merged.push({ ...interval });
    else if (interval.last > before.last) before.last = interval.last;
  }
  return merged.map((interval) => printInterval(interval, bytes));
}

function toInterval(text: string, bytes: 4 | 16): Interval | undefined {
  const [from = '', to] = text.split('-');
  const [address = '', length] = from.split('/');
  const first = toNumber(address, bytes);
  if (first === undefined) return undefined;
  if (to !== undefined) {
    const last = toNumber(to, bytes);
    return last === undefined ? undefined : { first, last };
  }
  const size = 1n << BigInt(bytes * 8 - Number(length ?? bytes * 8));
  const start = first - (first % size);
  return { first: start, last: start + size - 1n };
}

function toNumber(text: string, bytes: 4 | 16): bigint | undefined {
  if (!ipaddr.isValid(text)) return undefined;
  const parts = ipaddr.parse(text).toByteArray();
  if (parts.length !== bytes) return undefined;
  return parts.reduce((sum, part) => sum * 256n + BigInt(part), 0n);
}

function printInterval({ first, last }: Interval, bytes: 4 | 16): string {
  const size = last - first + 1n;
  const isBlock = (size & (size - 1n)) === 0n && first % size === 0n;
  const from = printAddress(first, bytes);
  if (size === 1n) return from;
  return isBlock
    ? `${from}/${bytes * 8 - (size.toString(2).length - 1)}`
    : `${from}-${printAddress(last, bytes)}`;
}

function printAddress(value: bigint, bytes: 4 | 16): string {
  const parts = Array.from({ length: bytes }, (_, index) =>
    Number((value >> BigInt((bytes - 1 - index) * 8)) & 255n),
  );
  return ipaddr.fromByteArray(parts).toString();
}
