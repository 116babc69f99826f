/**
 * What the helper lets through: rulesets that touch kube-proxy's chains and the jumps into them, nothing
 * else. It stands before the privileged tools and trusts nobody, our own engine included.
 */

const OUR_CHAIN = /^KUBE-[A-Z0-9-]{1,24}$/;
const BUILT_IN_CHAINS = new Set(['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING']);
const TABLES = new Set(['filter', 'nat', 'mangle', 'raw']);
/** Targets that kube-proxy's rules use, beside jumps to its own chains. */
const TARGETS = new Set([
  'ACCEPT', 'DROP', 'RETURN', 'REJECT', 'MARK', 'MASQUERADE', 'DNAT', 'REDIRECT',
]); // biome-ignore format: a list of words
const RULE_COMMANDS = new Set(['-A', '-I', '-D']);

/** A ruleset that the helper will not load: the line, and why. */
export class RefusedRulesetError extends Error {
  readonly code = 'refused-ruleset';

  constructor(line: number, why: string) {
    super(`line ${line}: ${why}`);
    this.name = 'RefusedRulesetError';
  }
}

/** Splits a line of iptables-restore as the tool does: blanks, double quotes, backslash inside quotes. */
function words(line: string, lineNumber: number): string[] {
  const found: string[] = [];
  let word: string | undefined;
  let quoted = false;
  for (let i = 0; i < line.length; i++) {
    const char = line[i] ?? '';
    if (quoted) {
      if (char === '\\') word = (word ?? '') + (line[++i] ?? '');
      else if (char === '"') quoted = false;
      else word = (word ?? '') + char;
    } else if (char === '"') {
      quoted = true;
      word ??= '';
    } else if (char === ' ' || char === '\t') {
      if (word !== undefined) found.push(word);
      word = undefined;
    } else word = (word ?? '') + char;
  }
  if (quoted) throw new RefusedRulesetError(lineNumber, 'a quote is not closed');
  if (word !== undefined) found.push(word);
  return found;
}

/**
 * Every option that kube-proxy's rules use, with how many words follow it. A list of what is allowed:
 * iptables-restore takes shortened and joined options (`--tab`, `-tfilter`) that no list of what is
 * forbidden would hold.
 */
const OPTIONS: Readonly<Record<string, 0 | 1>> = {
  '!': 0, '-s': 1, '-d': 1, '-i': 1, '-o': 1, '-p': 1, '-m': 1, '-j': 1,
  '--comment': 1, '--dport': 1, '--mark': 1, '--ctstate': 1, '--state': 1,
  '--src-type': 1, '--dst-type': 1, '--mode': 1, '--probability': 1,
  '--name': 1, '--rcheck': 0, '--set': 0, '--seconds': 1, '--reap': 0, '--mask': 1, '--rsource': 0,
  '--nfacct-name': 1, '--physdev-is-in': 0,
  '--set-xmark': 1, '--to-destination': 1, '--to-ports': 1, '--random-fully': 0, '--reject-with': 1,
}; // biome-ignore format: a list of words

function targetOf(argv: string[], line: number): string | undefined {
  let target: string | undefined;
  for (let i = 0; i < argv.length; i++) {
    const option = argv[i] ?? '';
    const values = Object.hasOwn(OPTIONS, option) ? OPTIONS[option] : undefined;
    if (values === undefined)
      throw new RefusedRulesetError(line, `${option} has no place in kube-proxy's rules`);
    if (option === '-j') {
      if (target !== undefined) throw new RefusedRulesetError(line, 'a rule has one target');
      target = argv[i + 1] ?? '';
    }
    i += values;
  }
  return target;
}

function checkRule(argv: string[], line: number): void {
  const [command, chain = '', ...rest] = argv;
  const builtIn = BUILT_IN_CHAINS.has(chain);
  if (!builtIn && !OUR_CHAIN.test(chain)) {
    throw new RefusedRulesetError(line, `chain ${chain} is not kube-proxy's`);
  }
  if (command === '-I' && /^\d+$/.test(rest[0] ?? '')) rest.shift();
  const target = targetOf(rest, line);
  if (target !== undefined && OUR_CHAIN.test(target)) return;
  if (builtIn) {
    // kube-proxy's own drop of packets to 127.0.0.0/8 lives in a chain of its own; here there are only jumps.
    throw new RefusedRulesetError(line, `a rule of ${chain} must have a chain of kube-proxy's as its target`);
  }
  // A rule without a target counts, or carries a comment.
  if (target !== undefined && !TARGETS.has(target)) {
    throw new RefusedRulesetError(line, `target ${target} is not one kube-proxy uses`);
  }
}

/**
 * Checks the input of `iptables-restore --noflush`. Throws RefusedRulesetError with the first line that
 * touches a chain, a jump or a table that is not kube-proxy's.
 */
export function checkIptablesRestore(input: string): void {
  let table: string | undefined;
  input.split('\n').forEach((raw, index) => {
    const number = index + 1;
    if (raw.length > 16_384) throw new RefusedRulesetError(number, 'the line is too long');
    const line = raw.trim();
    if (!line || line.startsWith('#')) return;
    if (line.startsWith('*')) {
      if (table !== undefined) throw new RefusedRulesetError(number, 'the table before is not committed');
      table = line.slice(1);
      if (!TABLES.has(table))
        throw new RefusedRulesetError(number, `table ${table} is not one kube-proxy uses`);
      return;
    }
    if (table === undefined) throw new RefusedRulesetError(number, 'a table must come first');
    if (line === 'COMMIT') {
      table = undefined;
      return;
    }
    const argv = words(line, number);
    const command = argv[0] ?? '';
    if (command.startsWith(':')) {
      // A built-in chain's line would set its policy and clear its counters.
      const chain = command.slice(1);
      if (!OUR_CHAIN.test(chain)) throw new RefusedRulesetError(number, `chain ${chain} is not kube-proxy's`);
    } else if (command === '-X') {
      if (argv.length !== 2 || !OUR_CHAIN.test(argv[1] ?? '')) {
        throw new RefusedRulesetError(number, `chain ${argv[1] ?? ''} is not kube-proxy's`);
      }
    } else if (RULE_COMMANDS.has(command)) checkRule(argv, number);
    else throw new RefusedRulesetError(number, `${command} is not a command kube-proxy uses`);
  });
  if (table !== undefined)
    throw new RefusedRulesetError(input.split('\n').length, 'the last table is not committed');
}

const NFT_COMMAND =
  /^(add|create|insert|replace|delete|destroy|flush|reset) (table|chain|rule|set|map|element|counter|flowtable) (ip|ip6) kube-proxy( |$)/;

/**
 * Checks the input of `nft -f`, one command a line, each of which must name kube-proxy's table. Throws
 * RefusedRulesetError.
 */
export function checkNft(input: string): void {
  input.split('\n').forEach((raw, index) => {
    const line = raw.trim();
    if (!line || line.startsWith('#')) return;
    // Outside quotes and braces, a semicolon would begin another command.
    const bare = line.replace(/"[^"]*"/g, '""').replace(/\{[^{}]*\}/g, '{}');
    if (bare.includes(';') || !NFT_COMMAND.test(bare)) {
      throw new RefusedRulesetError(index + 1, "only commands on kube-proxy's own table are let through");
    }
  });
}
