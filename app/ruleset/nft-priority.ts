/** Base chains' priorities: numbers, for which nft has names at some hooks (nft(8), "standard priority names"). */

const STANDARD: readonly { name: string; value: number; hooks?: readonly string[] }[] = [
  { name: 'raw', value: -300 },
  { name: 'mangle', value: -150 },
  { name: 'dstnat', value: -100, hooks: ['prerouting'] },
  { name: 'filter', value: 0 },
  { name: 'security', value: 50 },
  { name: 'srcnat', value: 100, hooks: ['postrouting'] },
];

/** nft names a priority after a standard one that is no further away. */
const NEAR = 10;

/** `dstnat - 10` for `-110` at prerouting; the number where the hook has no name near it. */
export function priorityName(priority: string, hook: string): string {
  const value = Number(priority);
  const near = STANDARD.find(
    (standard) => Math.abs(value - standard.value) <= NEAR && (standard.hooks?.includes(hook) ?? true),
  );
  if (near === undefined) return priority;
  const offset = value - near.value;
  return offset === 0 ? near.name : `${near.name} ${offset < 0 ? '-' : '+'} ${Math.abs(offset)}`;
}

/** The number behind a name: `-110` for `dstnat - 10`; what is neither is kept as it is. */
export function priorityNumber(text: string): string {
  const [, name, sign, offset] = /^([a-z]+|-?\d+)(?: ?([+-]) ?(\d+))?$/.exec(text.trim()) ?? [];
  if (name === undefined) return text;
  const base = STANDARD.find((standard) => standard.name === name)?.value ?? Number(name);
  if (Number.isNaN(base)) return text;
  return String(base + (sign === '-' ? -1 : 1) * Number(offset ?? 0));
}
