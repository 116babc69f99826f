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

/** Arguments that iptables-restore would read as commands of their own, or that name another table. */
const FORBIDDEN = new Set([
  '-t', '--table', '-F', '--flush', '-P', '--policy', '-E', '--rename-chain', '-Z', '--zero', '-M', '--modprobe',
  '-A', '--append', '-I', '--insert', '-D', '--delete', '-R', '--replace', '-X', '--delete-chain', '-N',
  '--new-chain', '-C', '--check', '-L', '--list', '-S', '--list-rules', '-g', '--goto',
]); // biome-ignore format: a list of words

function checkRule(argv: string[], line: number): void {
  const [, chain = '', ...rest] = argv;
  const builtIn = BUILT_IN_CHAINS.has(chain);
  if (!builtIn && !OUR_CHAIN.test(chain))
    throw new RefusedRulesetError(line, `chain ${chain} is not kube-proxy's`);
  let target: string | undefined;
  for (let i = 0; i < rest.length; i++) {
    const word = rest[i] ?? '';
    if (word === '--comment') i++;
    else if (FORBIDDEN.has(word)) throw new RefusedRulesetError(line, `${word} has no place in a rule`);
    else if (word === '-j' || word === '--jump') {
      if (target !== undefined) throw new RefusedRulesetError(line, 'a rule has one target');
      target = rest[++i] ?? '';
    }
  }
  if (target === undefined) {
    // A firewall chain ends in a rule that carries only a comment.
    if (builtIn) throw new RefusedRulesetError(line, 'the rule has no target');
    return;
  }
  if (OUR_CHAIN.test(target)) return;
  if (builtIn) throw new RefusedRulesetError(line, `a rule of ${chain} may only jump to kube-proxy's chains`);
  if (!TARGETS.has(target))
    throw new RefusedRulesetError(line, `target ${target} is not one kube-proxy uses`);
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
