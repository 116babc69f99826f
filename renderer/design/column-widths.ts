/** How wide a table's columns are: as designed, or as the user has made them. All in rem. */

export const LEAST_WIDTH = 3;
export const MOST_WIDTH = 60;
/** What an arrow key makes a column wider or narrower by. */
export const WIDTH_STEP = 1;

const DESIGNED = 'minmax(6rem, 1fr)';

interface Sized {
  readonly id: string;
  /** A track of a CSS grid: `minmax(10rem, 2fr)`. */
  readonly width?: string;
  /** Left out where there is no room for all columns; the lowest number first. */
  readonly spare?: number;
}

export type ColumnWidths = Readonly<Record<string, number>>;

/** To the tenth of a rem. */
export function withinBounds(width: number): number {
  return Math.round(Math.min(MOST_WIDTH, Math.max(LEAST_WIDTH, width)) * 10) / 10;
}

/** @param fitted the id of a column that is to be as wide as what it holds */
export function columnTracks(columns: readonly Sized[], widths: ColumnWidths, fitted?: string): string {
  const track = ({ id, width }: Sized): string => {
    if (id === fitted) return 'max-content';
    return widths[id] === undefined ? (width ?? DESIGNED) : `${widths[id]}rem`;
  };
  return columns.map(track).join(' ');
}

/** The room at a row's end, over which the choice of columns stands. */
export const ROW_END = 2.25;

/** What all columns need together: in less room a table scrolls sideways, so that no column is laid over another. */
export function neededWidth(columns: readonly Sized[], widths: ColumnWidths): number {
  return columns.reduce((sum, { id, width }) => sum + (widths[id] ?? designedLeast(width)), ROW_END);
}

/**
 * The columns that have room: without those that can be spared, one after the other, until the rest fit.
 * @param room in rem; 0 while it is not known
 */
export function columnsWithRoom<Column extends Sized>(
  columns: readonly Column[],
  widths: ColumnWidths,
  room: number,
): readonly Column[] {
  const spared = columns
    .filter(({ spare }) => spare !== undefined)
    .sort((one, other) => (one.spare ?? 0) - (other.spare ?? 0));
  let left = columns;
  for (const column of spared) {
    if (room === 0 || neededWidth(left, widths) <= room) break;
    left = left.filter((other) => other !== column);
  }
  return left;
}

/** The first length of a track: `minmax(9.25rem, 0.6fr)` needs 9.25. */
function designedLeast(width = DESIGNED): number {
  return Number(/([\d.]+)rem/.exec(width)?.[1] ?? 6);
}

/** Whatever was remembered, read with care. */
export function readWidths(value: unknown): ColumnWidths {
  if (typeof value !== 'object' || value === null) return {};
  const known = Object.entries(value).filter(
    (entry): entry is [string, number] => typeof entry[1] === 'number' && Number.isFinite(entry[1]),
  );
  return Object.fromEntries(known.map(([id, width]) => [id, withinBounds(width)]));
}
