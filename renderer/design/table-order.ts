import { type ColumnWidths, readWidths } from './column-widths.ts';

/** What a table shows in a cell, and sorts by. */
export type CellValue = string | number;

export interface SortOrder {
  column: string;
  descending: boolean;
}

/** What a table keeps for its user. */
export interface TableState {
  sort?: SortOrder;
  /** Ids of columns that the user has hidden or shown, against their default. */
  hidden?: string[];
  shown?: string[];
  widths?: ColumnWidths;
}

const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

/** Numbers by size, names as people count them: `web-2` before `web-10`. */
export function compareCells(a: CellValue, b: CellValue): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return collator.compare(String(a), String(b));
}

/** The rows in order; rows that are alike stay as they were. */
export function inOrder<Row>(
  rows: readonly Row[],
  value: (row: Row) => CellValue,
  descending: boolean,
): Row[] {
  const keyed = rows.map((row) => ({ row, key: value(row) }));
  keyed.sort((a, b) => (descending ? compareCells(b.key, a.key) : compareCells(a.key, b.key)));
  return keyed.map(({ row }) => row);
}

/** Whatever was remembered, read with care: the file may be of another version. */
export function readTableState(value: unknown): TableState {
  if (typeof value !== 'object' || value === null) return {};
  const { sort, hidden, shown, widths } = value as Record<string, unknown>;
  const names = (list: unknown): string[] | undefined =>
    Array.isArray(list) ? list.filter((name) => typeof name === 'string') : undefined;
  const order = sort as Partial<SortOrder> | undefined;
  return {
    ...(typeof order?.column === 'string'
      ? { sort: { column: order.column, descending: order.descending === true } }
      : {}),
    hidden: names(hidden) ?? [],
    shown: names(shown) ?? [],
    widths: readWidths(widths),
  };
}
