const firstMs = 250;
const longestMs = 5_000;

/** How long to wait before the attempt after `failures` ones that failed, in milliseconds: doubling, with an end. */
export function backoffMs(failures: number): number {
  return Math.min(longestMs, firstMs * 2 ** Math.min(failures, 10));
}
