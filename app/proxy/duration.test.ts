import { expect, test } from 'vitest';
import { parseDuration } from './duration.ts';

test.each([
  ['0', 0],
  ['250ms', 250],
  ['1m30s', 90_000],
  ['2h22m', 8_520_000],
  ['1.5s', 1500],
  ['.5s', 500],
  ['-1s', -1000],
  ['+1s', 1000],
  ['1us', 0.001],
  ['', undefined],
  ['30', undefined],
  ['s', undefined],
  ['1 s', undefined],
  ['1d', undefined],
  ['.s', undefined],
])('%j is %s ms', (text, expected) => {
  expect(parseDuration(text)).toBe(expected);
});
