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
