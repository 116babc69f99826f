import { describe, expect, test } from 'vitest';
import { type Flow, flowRows, matchingFlows } from './conntrack-rows.ts';

const flow = (replySource: string, more: Partial<Flow> = {}): Flow => ({
  family: 'IPv4',
  protocol: 'tcp',
  source: '10.0.0.9',
  sourcePort: 40000,
  destination: '10.0.0.5',
  destinationPort: 30964,
  replySource,
  replySourcePort: replySource === '10.0.0.5' ? 30964 : 3306,
  ...more,
});

describe('a tracked connection', () => {
  test('whose destination the rules changed is marked', () => {
    expect(flowRows([flow('192.168.125.2'), flow('10.0.0.5')]).map((row) => row.isTranslated)).toEqual([
      true,
      false,
    ]);
  });
  test('listed twice has two keys', () => {
    const keys = flowRows([flow('192.168.125.2'), flow('192.168.125.3')]).map((row) => row.key);
    expect(new Set(keys).size).toBe(2);
  });
  test('of IPv6 has its addresses in brackets', () => {
    expect(flowRows([flow('fd00::2', { family: 'IPv6' })])[0]?.answeredBy).toBe('[fd00::2]:3306');
  });
  test.each([
    ['30964 tcp', 2],
    ['192.168.125.3', 1],
    ['udp', 0],
  ])('is found by %s', (search, count) => {
    expect(matchingFlows(flowRows([flow('192.168.125.2'), flow('192.168.125.3')]), search)).toHaveLength(
      count,
    );
  });
});
