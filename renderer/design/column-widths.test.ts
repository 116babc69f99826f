import { describe, expect, test } from 'vitest';
import { columnTracks, neededWidth, readWidths, withinBounds } from './column-widths.ts';

const columns = [{ id: 'name', width: 'minmax(9rem, 2fr)' }, { id: 'age' }, { id: 'ports', width: '8rem' }];

describe('tracks', () => {
  test.each([
    ['as designed', {}, undefined, 'minmax(9rem, 2fr) minmax(6rem, 1fr) 8rem'],
    ['as the user made them', { age: 4.5 }, undefined, 'minmax(9rem, 2fr) 4.5rem 8rem'],
    ['as what they hold', { age: 4.5 }, 'age', 'minmax(9rem, 2fr) max-content 8rem'],
  ])('%s', (_, widths: Record<string, number>, fitted, expected) => {
    expect(columnTracks(columns, widths, fitted)).toBe(expected);
  });
});

test('a table needs what it was designed for, until a column has a width of its own', () => {
  expect(neededWidth(columns, {}, 40)).toBe(40);
  expect(neededWidth(columns, { elsewhere: 50 }, 40)).toBe(40);
  expect(neededWidth(columns, { age: 30 }, 40)).toBe(9 + 30 + 8);
});

test.each([
  [-5, 3],
  [4.26, 4.3],
  [1000, 60],
])('a width of %d is taken as %d', (wanted, taken) => {
  expect(withinBounds(wanted)).toBe(taken);
});

test.each([
  [null, {}],
  ['wide', {}],
  [
    { name: 12, age: 'x', ports: Number.NaN, type: -1 },
    { name: 12, type: 3 },
  ],
])('what was remembered is read with care: %j', (value, expected) => {
  expect(readWidths(value)).toEqual(expected);
});
