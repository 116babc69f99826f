import { expect, it } from 'vitest';
import { segments } from './segments.ts';

const tokens = [
  { kind: 'option', text: '-d' },
  { kind: 'plain', text: ' ' },
  { kind: 'address', text: '10.0.0.1' },
] as const;
const cut = (...ranges: (readonly [number, number])[]): string[] =>
  segments(tokens, ranges).map(({ parts }) =>
    parts.map(({ text, found }) => (found ? `[${text}]` : text)).join('|'),
  );

// biome-ignore format: one case a line
const cases: { ranges: [number, number][]; parts: string[] }[] = [
  { ranges: [], parts: ['-d', ' ', '10.0.0.1'] },
  { ranges: [[3, 5]], parts: ['-d', ' ', '[10]|.0.0.1'] },
  { ranges: [[1, 5]], parts: ['-|[d]', '[ ]', '[10]|.0.0.1'] },
  { ranges: [[0, 1], [1, 2], [6, 7], [10, 11]], parts: ['[-]|[d]', ' ', '10.|[0]|.0.|[1]'] },
  { ranges: [[0, 11]], parts: ['[-d]', '[ ]', '[10.0.0.1]'] },
];
it.each(cases)('found at $ranges: $parts', ({ ranges, parts }) => {
  expect(cut(...ranges)).toEqual(parts);
});
