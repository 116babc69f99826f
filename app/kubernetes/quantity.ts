/**
 * Resource quantities (`500m`, `1Gi`, `1e3`): parsing, and the canonical form in which an API server
 * writes them (k8s.io/apimachinery/pkg/api/resource).
 */

const PATTERN = /^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$/;
const NUMBER = /^([+-]?)([0-9]*)(?:\.([0-9]*))?$/;

/** Said of text that is no quantity at all, and of one whose suffix is not known. */
export const QUANTITY_FORMAT_ERROR =
  "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const SUFFIX_ERROR = "unable to parse quantity's suffix";

const BINARY = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
const DECIMAL: readonly (readonly [string, number])[] = [
  ['n', -9],
  ['u', -6],
  ['m', -3],
  ['', 0],
  ['k', 3],
  ['M', 6],
  ['G', 9],
  ['T', 12],
  ['P', 15],
  ['E', 18],
];
/** Quantities are kept to a billionth; what is smaller is rounded up. */
const NANO = 1_000_000_000n;

type Format = 'BinarySI' | 'DecimalSI' | 'DecimalExponent';

export interface Quantity {
  /** The amount in billionths. */
  nano: bigint;
  format: Format;
}

/** Parses a quantity. Throws an Error with the API server's own words for text that is none. */
export function parseQuantity(text: string): Quantity {
  const match = PATTERN.exec(text);
  const number = match?.[1] === undefined ? null : NUMBER.exec(match[1]);
  if (match === null || number === null || !/[0-9]/.test(match[1] ?? ''))
    throw new Error(QUANTITY_FORMAT_ERROR);
  const { multiplier, divisor, format } = parseSuffix(match[2] ?? '');
  const [, sign, whole = '', fraction = ''] = number;
  const digits = BigInt(`${whole}${fraction}` || '0');
  const dividend = digits * multiplier * NANO;
  const scale = 10n ** BigInt(fraction.length) * divisor;
  const magnitude = (dividend + scale - 1n) / scale;
  return { nano: sign === '-' ? -magnitude : magnitude, format };
}

function parseSuffix(suffix: string): { multiplier: bigint; divisor: bigint; format: Format } {
  const binary = BINARY.indexOf(suffix);
  if (binary > 0) return { multiplier: 1024n ** BigInt(binary), divisor: 1n, format: 'BinarySI' };
  const decimal = DECIMAL.find(([name]) => name === suffix);
  if (decimal !== undefined) return { ...powerOfTen(decimal[1]), format: 'DecimalSI' };
  const exponent = /^[eE]([-+]?[0-9]+)$/.exec(suffix)?.[1];
  if (exponent === undefined) throw new Error(SUFFIX_ERROR);
  return { ...powerOfTen(Number(exponent)), format: 'DecimalExponent' };
}

function powerOfTen(exponent: number): { multiplier: bigint; divisor: bigint } {
  return exponent >= 0
    ? { multiplier: 10n ** BigInt(exponent), divisor: 1n }
    : { multiplier: 1n, divisor: 10n ** BigInt(-exponent) };
}

/** The form an API server writes: no fraction, the largest suffix that leaves a whole number. */
function formatQuantity({ nano, format }: Quantity): string {
  if (nano === 0n) return '0';
  const sign = nano < 0n ? '-' : '';
  const amount = nano < 0n ? -nano : nano;
  const binaryFits = format === 'BinarySI' && amount % NANO === 0n && amount >= 1024n * NANO;
  return `${sign}${binaryFits ? formatBinary(amount / NANO) : formatDecimal(amount, format)}`;
}

function formatBinary(amount: bigint): string {
  let exponent = 0;
  let rest = amount;
  while (exponent < BINARY.length - 1 && rest % 1024n === 0n) {
    rest /= 1024n;
    exponent += 1;
  }
  return `${rest}${BINARY[exponent] ?? ''}`;
}

function formatDecimal(amount: bigint, format: Format): string {
  let exponent = -9;
  let rest = amount;
  while (exponent < 18 && rest % 1000n === 0n) {
    rest /= 1000n;
    exponent += 3;
  }
  if (format === 'DecimalExponent') return exponent === 0 ? `${rest}` : `${rest}e${exponent}`;
  return `${rest}${DECIMAL.find(([, power]) => power === exponent)?.[0] ?? ''}`;
}

/** A quantity in the form an API server writes it. Throws as `parseQuantity`. */
export function canonicalQuantity(text: string): string {
  return formatQuantity(parseQuantity(text));
}
