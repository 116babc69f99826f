/** Rules as text to paste: what a tool would take, comment included. */
import type { ChainName, RuleText } from '../../../app/contract/rule-model.ts';
import type { LiveChain } from './live-rules.ts';

/** nftables mode keeps all in tables of its own name; every other table is iptables'. */
const NFT_TABLE = 'kube-proxy';

export function isNftables({ table }: Pick<ChainName, 'table'>): boolean {
  return table === NFT_TABLE;
}

/** With its comment where the tool's own listing has it. */
export function ruleText(chain: LiveChain, rule: RuleText): string {
  const text = withComment(chain, rule);
  return isNftables(chain) ? text : `-A ${chain.chain} ${text}`;
}

/** Without the chain's name. */
export function withComment(
  chain: { readonly table: string; readonly kind: LiveChain['kind'] },
  { text, comment }: RuleText,
): string {
  if (!isNftables(chain)) return commented(text, comment);
  if (comment === undefined) return text;
  const quoted = `comment "${comment}"`;
  if (chain.kind === 'chain') return `${text} ${quoted}`;
  // An element of a map carries its comment at the key.
  const value = text.indexOf(' : ');
  return value < 0 ? `${text} ${quoted}` : `${text.slice(0, value)} ${quoted}${text.slice(value)}`;
}

/** iptables-save prints the comment behind addresses and protocol; any place before the target means the same. */
function commented(text: string, comment: string | undefined): string {
  if (comment === undefined) return text;
  const quoted = `-m comment --comment "${comment.replace(/["\\]/g, '\\$&')}"`;
  const target = text.search(/(?:^|\s)-[jg] \S/);
  if (target < 0) return text === '' ? quoted : `${text} ${quoted}`;
  const head = text.slice(0, target);
  return `${head === '' ? '' : `${head} `}${quoted} ${text.slice(target).trimStart()}`;
}

/** A chain with its rules: lines for `iptables-restore --noflush`, or a block as `nft list` prints it. */
export function chainText(chain: LiveChain): string {
  const lines = chain.rules.map((rule) => ruleText(chain, rule));
  if (!isNftables(chain)) {
    const policy = chain.base?.policy ?? '-';
    return [`*${chain.table}`, `:${chain.chain} ${policy} [0:0]`, ...lines, 'COMMIT', ''].join('\n');
  }
  if (chain.kind !== 'chain') {
    const elements = lines.length === 0 ? [] : [`\telements = { ${lines.join(',\n\t\t     ')} }`];
    return [`${chain.kind} ${chain.chain} {`, ...elements, '}', ''].join('\n');
  }
  return [`chain ${chain.chain} {`, ...lines.map((line) => `\t${line}`), '}', ''].join('\n');
}
