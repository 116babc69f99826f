/** Rates: what the counters of a chain's rules did between two readings of the node. */
import type { LiveRule } from './live-rules.ts';

/** The rates of a rule that no packet is known to have met. */
export const still = { packetsPerSecond: 0, bytesPerSecond: 0 } as const;

/**
 * The rules with their rates over `seconds`, and with this reading as the one to count from next. A counter
 * that is lower than it was has begun anew (the chain was written again): what it shows came since then.
 */
export function dateCounters(rules: readonly LiveRule[], seconds: number): LiveRule[] {
  return rules.map((rule) => {
    const { packets, bytes, counted } = rule;
    if (packets === undefined || bytes === undefined) return rule;
    const resting = rule.packetsPerSecond === 0 && rule.bytesPerSecond === 0;
    if (resting && counted?.packets === packets && counted.bytes === bytes) return rule;
    return {
      ...rule,
      counted: { packets, bytes },
      packetsPerSecond: rate(packets, counted?.packets, seconds),
      bytesPerSecond: rate(bytes, counted?.bytes, seconds),
    };
  });
}

function rate(now: number, before: number | undefined, seconds: number): number {
  if (before === undefined || seconds <= 0) return 0;
  return (now < before ? now : now - before) / seconds;
}
