/** Timestamps as the API writes them: UTC, to the second (`Time`) or the microsecond (`MicroTime`). */
import { DecodeError } from './decode-error.ts';

const RFC3339 = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)$/;
const GO_LAYOUT = '2006-01-02T15:04:05Z07:00';
const GO_MICRO_LAYOUT = '2006-01-02T15:04:05.000000Z07:00';

/** Normalizes an RFC 3339 timestamp. Throws a DecodeError in Go's words for anything else. */
export function normalizeTime(text: string, precision: 'time' | 'microTime'): string {
  const fraction = RFC3339.exec(text)?.[7];
  const milliseconds = fraction === undefined && !RFC3339.test(text) ? Number.NaN : Date.parse(text);
  if (Number.isNaN(milliseconds)) {
    const layout = precision === 'time' ? GO_LAYOUT : GO_MICRO_LAYOUT;
    throw new DecodeError(
      `parsing time ${JSON.stringify(text)} as "${layout}": cannot parse "${text}" as "2006"`,
    );
  }
  const seconds = new Date(milliseconds).toISOString().slice(0, 19);
  if (precision === 'time') return `${seconds}Z`;
  return `${seconds}.${(fraction ?? '.').slice(1, 7).padEnd(6, '0')}Z`;
}
