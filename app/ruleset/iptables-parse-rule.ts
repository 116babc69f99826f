/** Reads one rule of iptables-save's output: its words, then matches and target. */
import type { IptablesMatch, IptablesTarget, TransportModule } from './model.ts';

/** A word as written (`raw`, quotes and all) and as meant (`text`). */
interface Word {
  readonly raw: string;
  readonly text: string;
}

/** One option group: `-s X`, `-m module …`, `-j TARGET …`, each with the `!` that negates it. */
interface Group {
  readonly words: Word[];
}

/** Reads the part of a rule's line that follows `-A CHAIN`. */
export function parseRuleWords(body: string): { matches: IptablesMatch[]; target?: IptablesTarget } {
  const matches: IptablesMatch[] = [];
  let target: IptablesTarget | undefined;
  for (const group of groups(words(body))) {
    const head = group.words.find((word) => word.raw !== '!')?.text;
    if (head === '-j' || head === '-g') target = parseTarget(group);
    else matches.push(parseMatch(group));
  }
  return target ? { matches, target } : { matches };
}

function words(body: string): Word[] {
  return [...body.matchAll(/"((?:[^"\\]|\\.)*)"|\S+/g)].map(([raw, quoted]) => ({
    raw,
    text: quoted === undefined ? raw : quoted.replace(/\\(.)/g, '$1'),
  }));
}

/** Splits before each top-level option; a `!` belongs to the option it negates. */
function groups(all: Word[]): Group[] {
  const result: Group[] = [];
  let current: Word[] = [];
  all.forEach((word, index) => {
    // A comment that looks like an option is printed without quotes.
    const isComment = all[index - 1]?.raw === '--comment' && all[index - 2]?.raw === 'comment';
    const heads =
      !isComment &&
      (/^-[a-z]$/.test(word.raw) || (word.raw === '!' && /^-[a-z]$/.test(all[index + 1]?.raw ?? '')));
    const afterBang = current.length === 1 && current[0]?.raw === '!';
    if (heads && !afterBang && current.length > 0) {
      result.push({ words: current });
      current = [];
    }
    current.push(word);
  });
  if (current.length > 0) result.push({ words: current });
  return result;
}

function verbatim(group: Group): string {
  return group.words.map((word) => word.raw).join(' ');
}

function parseMatch(group: Group): IptablesMatch {
  const all = group.words.map((word) => word.text);
  const negated = group.words[0]?.raw === '!';
  const [option, ...values] = negated ? all.slice(1) : all;
  const [value] = values;
  if (option !== undefined && value !== undefined && values.length === 1) {
    const basic = parseBasicMatch(option, value, negated);
    if (basic) return basic;
  }
  if (option === '-m' && value !== undefined && !negated) {
    const extension = parseExtension(value, values.slice(1));
    if (extension) return extension;
  }
  return { kind: 'other', text: verbatim(group) };
}

function parseBasicMatch(option: string, value: string, negated: boolean): IptablesMatch | undefined {
  const not = negated ? { negated } : {};
  switch (option) {
    case '-s':
      return { kind: 'source', cidr: value, ...not };
    case '-d':
      return { kind: 'destination', cidr: value, ...not };
    case '-i':
      return { kind: 'in-interface', name: value, ...not };
    case '-o':
      return { kind: 'out-interface', name: value, ...not };
    case '-p':
      return { kind: 'protocol', protocol: value, ...not };
    case '-m':
      return value === 'tcp' || value === 'udp' || value === 'sctp'
        ? { kind: 'transport', protocol: value }
        : undefined;
    default:
      return undefined;
  }
}

/** The extensions that kube-proxy uses, in the forms it uses; undefined for any other form. */
function parseExtension(module: string, all: string[]): IptablesMatch | undefined {
  const negated = all[0] === '!';
  const args = negated ? all.slice(1) : all;
  const not = negated ? { negated } : {};
  const [option, value] = args;
  if (module === 'recent') return negated ? undefined : parseRecent(args);
  if (module === 'statistic') {
    const [, mode, probabilityOption, probability] = args;
    const isRandom = option === '--mode' && mode === 'random' && probabilityOption === '--probability';
    return isRandom && probability !== undefined && args.length === 4 && !negated
      ? { kind: 'statistic', probability }
      : undefined;
  }
  if (module === 'physdev' && args.length === 1 && option === '--physdev-is-in') {
    return { kind: 'physdev-is-in', ...not };
  }
  if (args.length !== 2 || value === undefined) return undefined;
  switch (`${module} ${option}`) {
    case 'comment --comment':
      return negated ? undefined : { kind: 'comment', text: value };
    case 'tcp --dport':
    case 'udp --dport':
    case 'sctp --dport':
      return !negated && /^\d+$/.test(value)
        ? { kind: 'transport', protocol: module as TransportModule, destinationPort: Number(value) }
        : undefined;
    case 'mark --mark':
      return { kind: 'mark', ...parseMark(value, 0xffffffff), ...not };
    case 'state --state':
      return { kind: 'state', states: value.split(','), ...not };
    case 'conntrack --ctstate':
      return { kind: 'conntrack', states: value.split(','), ...not };
    case 'addrtype --src-type':
      return { kind: 'addrtype', side: 'source', type: value, ...not };
    case 'addrtype --dst-type':
      return { kind: 'addrtype', side: 'destination', type: value, ...not };
    case 'nfacct --nfacct-name':
      return negated ? undefined : { kind: 'nfacct', counter: value };
    default:
      return undefined;
  }
}

function parseRecent(args: string[]): IptablesMatch | undefined {
  const [, action, seconds, reap, list, mask] =
    /^--(set|rcheck)(?: --seconds (\d+))?( --reap)? --name (\S+) --mask (\S+) --rsource$/.exec(
      args.join(' '),
    ) ?? [];
  if ((action !== 'set' && action !== 'rcheck') || list === undefined || mask === undefined) return undefined;
  return {
    kind: 'recent',
    action,
    list,
    mask,
    ...(seconds === undefined ? {} : { seconds: Number(seconds) }),
    ...(reap === undefined ? {} : { reap: true }),
  };
}

function parseMark(text: string, wholeMask: number): { value: number; mask: number } {
  const [value, mask] = text.split('/');
  return { value: Number(value), mask: mask === undefined ? wholeMask : Number(mask) };
}

const VERDICTS: Readonly<Record<string, IptablesTarget>> = {
  ACCEPT: { kind: 'accept' },
  DROP: { kind: 'drop' },
  RETURN: { kind: 'return' },
};

function parseTarget(group: Group): IptablesTarget {
  const [option, name = '', ...args] = group.words.map((word) => word.text);
  if (option === '-g') return { kind: 'goto', chain: name };
  const [key, value = ''] = args;
  const verdict = VERDICTS[name];
  if (verdict && args.length === 0) return verdict;
  switch (`${name} ${key ?? ''}`) {
    case 'MARK --set-xmark':
      return { kind: 'mark', ...parseMark(value, 0xffffffff) };
    case 'MASQUERADE ':
      return { kind: 'masquerade' };
    case 'MASQUERADE --random-fully':
      return { kind: 'masquerade', randomFully: true };
    case 'DNAT --to-destination':
      if (args.length === 2) return { kind: 'dnat', destination: value };
      break;
    case 'REDIRECT --to-ports':
      if (args.length === 2 && /^\d+$/.test(value)) return { kind: 'redirect', port: Number(value) };
      break;
    case 'REJECT --reject-with':
      return { kind: 'reject', with: value };
  }
  return { kind: 'other', text: verbatim(group) };
}
