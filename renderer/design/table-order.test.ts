import { describe, expect, test } from 'vitest';
import { type CellValue, inOrder, readTableState } from './table-order.ts';

describe('rows', () => {
  test.each<{ name: string; values: CellValue[]; descending: boolean; expected: CellValue[] }>([
    { name: 'numbers by size', values: [10, 2, 33], descending: false, expected: [2, 10, 33] },
    {
      name: 'names as people count',
      values: ['web-10', 'web-2', 'Web-1'],
      descending: false,
      expected: ['Web-1', 'web-2', 'web-10'],
    },
    { name: 'the other way round', values: ['a', 'b'], descending: true, expected: ['b', 'a'] },
  ])('are ordered: $name', ({ values, descending, expected }) => {
    expect(inOrder(values, (value) => value, descending)).toEqual(expected);
  });

  test('that are alike keep their places', () => {
    const rows = [{ id: 1 }, { id: 2 }, { id: 3 }];
    expect(inOrder(rows, () => 'same', true)).toEqual(rows);
  });
});

describe('what a table remembers', () => {
  test.each([
    [null, {}],
    ['x', {}],
    [
      { sort: { column: 'name' }, hidden: ['age', 3] },
      { sort: { column: 'name', descending: false }, hidden: ['age'], shown: [], widths: {} },
    ],
    [{ widths: { name: 12 } }, { hidden: [], shown: [], widths: { name: 12 } }],
    [
      { sort: 'age', shown: 'age' },
      { hidden: [], shown: [], widths: {} },
    ],
  ])('%j is read with care', (value, expected) => {
    expect(readTableState(value)).toEqual(expected);
  });
});
