/** Shares of 1 in n, as the kernel keeps them. */

const cache = new Map<string, string>();

/**
 * The probability 1/n as iptables-save prints it. kube-proxy writes it with `decimals` decimals, the kernel
 * keeps that as a fraction of 2^31, and iptables-save prints the fraction with eleven decimals.
 */
export function probability(n: number, decimals: number): string {
  const key = `${n} ${decimals}`;
  const known = cache.get(key);
  if (known !== undefined) return known;
  const numerator = Math.round(Number((1 / n).toFixed(decimals)) * 2 ** 31);
  const text = printFraction(BigInt(numerator));
  cache.set(key, text);
  return text;
}

/** numerator / 2^31 with eleven decimals, halves to even as C's printf does. */
function printFraction(numerator: bigint): string {
  const scaled = numerator * 10n ** 11n;
  const unit = 1n << 31n;
  const rest = scaled % unit;
  let digits = scaled / unit;
  if (rest * 2n > unit || (rest * 2n === unit && digits % 2n === 1n)) digits += 1n;
  const text = digits.toString().padStart(12, '0');
  return `${text.slice(0, -11)}.${text.slice(-11)}`;
}
