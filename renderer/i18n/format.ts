import { currentLocale, t } from './messages.svelte.ts';

/** Making a formatter takes a hundred times as long as formatting: lists of thousands of rows keep theirs. */
const numberFormats = new Map<string, Intl.NumberFormat>();
const timeFormats = new Map<string, Intl.DateTimeFormat>();
const TIME_OF_DAY: Intl.DateTimeFormatOptions = {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
};

function kept<Format>(formats: Map<string, Format>, key: string, make: () => Format): Format {
  let format = formats.get(key);
  if (!format) {
    format = make();
    formats.set(key, format);
  }
  return format;
}

/** `12,345` in the window's language. */
export function formatNumber(
  value: number,
  options: Pick<Intl.NumberFormatOptions, 'maximumFractionDigits' | 'style'> = {},
): string {
  const locale = currentLocale();
  const key = `${locale} ${options.style} ${options.maximumFractionDigits}`;
  return kept(numberFormats, key, () => new Intl.NumberFormat(locale, options)).format(value);
}

const units = ['B', 'kB', 'MB', 'GB', 'TB'];

/** Bytes in powers of 1000: `1.2 MB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${formatNumber(value, { maximumFractionDigits: unit === 0 || value >= 100 ? 0 : 1 })} ${units[unit]}`;
}

/** A duration measured in milliseconds: `0.8 ms`, `42 ms`, `1.7 s`, `3 min`. */
export function formatMilliseconds(ms: number): string {
  if (ms < 1000) return `${formatNumber(ms, { maximumFractionDigits: ms < 10 ? 1 : 0 })} ms`;
  if (ms < 60_000) return `${formatNumber(ms / 1000, { maximumFractionDigits: 1 })} s`;
  return `${formatNumber(ms / 60_000, { maximumFractionDigits: 0 })} min`;
}

/** How old something is, as kubectl says it: `42s`, `5m`, `3h`, `12d`. `from` is RFC 3339 or milliseconds. */
export function formatAge(from: string | number, now: number): string {
  const seconds = Math.max(0, Math.floor((now - new Date(from).getTime()) / 1000));
  if (seconds < 120) return t('common:age.seconds', { value: seconds });
  if (seconds < 7200) return t('common:age.minutes', { value: Math.floor(seconds / 60) });
  if (seconds < 172_800) return t('common:age.hours', { value: Math.floor(seconds / 3600) });
  return t('common:age.days', { value: Math.floor(seconds / 86_400) });
}

/** The time of day, to the second. */
export function formatTime(at: string | number): string {
  const locale = currentLocale();
  return kept(timeFormats, locale, () => new Intl.DateTimeFormat(locale, TIME_OF_DAY)).format(new Date(at));
}
