import { expect, test } from 'vitest';
import { probability } from './probability.ts';

// As iptables-save prints what the kernel keeps of 1/n.
test.each([
  [2, 10, '0.50000000000'],
  [3, 10, '0.33333333349'],
  [3, 5, '0.33332999982'],
  [4, 10, '0.25000000000'],
  [7, 10, '0.14285714272'],
  [1000, 10, '0.00100000016'],
  [4096, 10, '0.00024414062'],
])('1 in %s, written with %s decimals, is %s', (n, decimals, expected) => {
  expect(probability(n, decimals)).toBe(expected);
});
