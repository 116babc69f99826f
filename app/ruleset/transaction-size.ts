/**
 * How much one transaction may hold. The kernel's tools hand it over in a single netlink message, which may not
 * be larger than the socket's send buffer. Only root of the whole machine may widen that (SO_SNDBUFFORCE); in a
 * user namespace it is net.core.wmem_default, 212,992 bytes, and what is larger ends with "Message too long".
 *
 * Bytes by the estimates below, which are above what was measured (iptables 1.8.9 nf_tables, nft 1.0.6).
 */
export const SMALL_TRANSACTION = 160_000;

/** Where the buffer may be widened. `iptables-restore` needs less for ten files of 500 Services than for one of 5,000. */
export const LARGE_TRANSACTION = 4_000_000;

/** A rule took 292 to 940 bytes, by its matches; a chain made, emptied or deleted 60 to 88. */
export function iptablesLineSize(line: string): number {
  return /^-[AID] /.test(line) ? 1000 : 100;
}

/**
 * A chain, a set or an element took 64 to 164 bytes; a rule 200 to 472, and less than two for each character of
 * the maps in it.
 */
export function nftCommandSize(command: string): number {
  return command.startsWith('add rule ') ? 500 + 2 * command.length : 100 + command.length;
}

/** Commands that belong in one transaction. */
export type Unit = readonly string[];

/** As few groups of units as keep their order and the limit; a unit above it is a group of its own. */
export function packUnits(
  units: readonly Unit[],
  { size, limit }: { size: (command: string) => number; limit: number },
): string[][] {
  const groups: string[][] = [];
  let left = 0;
  for (const unit of units) {
    const needed = totalSize(unit, size);
    if (needed === 0) continue;
    const last = groups.at(-1);
    if (last && needed <= left) {
      last.push(...unit);
      left -= needed;
    } else {
      groups.push([...unit]);
      left = limit - needed;
    }
  }
  return groups;
}

export function totalSize(commands: readonly string[], size: (command: string) => number): number {
  return commands.reduce((sum, command) => sum + size(command), 0);
}

/** Each command may be cut from the next. */
export function apart(commands: readonly string[]): Unit[] {
  return commands.map((command) => [command]);
}
