import { expect, it } from 'vitest';
import { latencyColumns } from './plot-data.ts';

it('draws every request of a short run', () => {
  expect(latencyColumns([1, null, 3], [null, 9, null])).toEqual([
    [1, 2, 3],
    [1, null, 3],
    [null, 9, null],
  ]);
});

it('keeps the peaks of a long one, and its end', () => {
  const many = Array.from({ length: 100_000 }, (_, index) => (index === 54_321 ? 700 : 1));
  const [x, answered, failed] = latencyColumns(
    many,
    many.map(() => null),
  );
  expect(x.length).toBeLessThanOrEqual(1500);
  expect(x.at(-1)).toBe(100_000);
  expect(Math.max(...answered.map((value) => value ?? 0))).toBe(700);
  expect(failed.every((value) => value === null)).toBe(true);
});
