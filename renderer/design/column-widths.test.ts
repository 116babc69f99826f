import { describe, expect, test } from 'vitest';
import {
  columnsWithRoom,
  columnTracks,
  neededWidth,
  ROW_END,
  readWidths,
  withinBounds,
} from './column-widths.ts';

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

test.each([
  ['as designed', {}, 9 + 6 + 8],
  ['with a column of another width', { age: 30, elsewhere: 50 }, 9 + 30 + 8],
])(
  'a table needs what its columns need, and the room at the end: %s',
  (_, widths: Record<string, number>, sum) => {
    expect(neededWidth(columns, widths)).toBe(sum + ROW_END);
  },
);

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

const sparing = [
  { id: 'name', width: 'minmax(8rem, 1fr)' },
  { id: 'namespace', width: '6rem', spare: 2 },
  { id: 'age', width: '4rem', spare: 1 },
];
test.each([
  [ROW_END + 18, {}, ['name', 'namespace', 'age']],
  [ROW_END + 17.9, {}, ['name', 'namespace']],
  [ROW_END + 13, {}, ['name']],
  [1, {}, ['name']],
  [0, {}, ['name', 'namespace', 'age']],
  [ROW_END + 18, { name: 9 }, ['name', 'namespace']],
])('in %d rem, with the widths %j, there is room for %j', (room, widths: Record<string, number>, shown) => {
  expect(columnsWithRoom(sparing, widths, room).map(({ id }) => id)).toEqual(shown);
});
