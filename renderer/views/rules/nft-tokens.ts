/** The tokens of nftables rules, elements and listings, as `nft list ruleset` writes them. */
import { isAddressText, isNumberText, type Token, type TokenKind } from './token.ts';

const PIECE = /(\s+)|(#.*$)|("[^"]*"?)|([{};,]|[!<>=]=|<<|>>|[=<>!&|^.:](?=\s|$))|(@?[^\s{};,"]+)/gm;
const VERDICTS = new Set(
  'accept drop reject return jump goto continue queue masquerade dnat snat redirect'.split(' '),
);
const KEYWORDS = new Set(
  (
    'table chain set map rule element add delete insert replace create flush list ruleset destroy ' +
    'type typeof hook priority policy device flags elements size timeout gc-interval comment expires ' +
    'counter packets bytes limit rate over burst quota log prefix level with ' +
    'ip ip6 inet arp bridge netdev tcp udp sctp icmp icmpv6 th meta ct fib socket numgen random mod ' +
    'saddr daddr sport dport protocol nexthdr l4proto nfproto mark iif oif iifname oifname state status ' +
    'new established related invalid untracked original reply direction local vmap to fully-random ' +
    'persistent update dynamic interval constant verdict tproxy dormant inet_proto inet_service ipv4_addr ' +
    'ipv6_addr ifname port-unreachable icmpx reset filter nat route prerouting input forward output ' +
    'postrouting ingress egress'
  ).split(' '),
);
/** Words after which a name stands. */
const NAMING = new Set(['jump', 'goto', 'chain', 'set', 'map']);

/** The text of a rule or an element, or any lines of a listing. */
export function nftTokens(text: string): Token[] {
  const tokens: Token[] = [];
  let before = '';
  for (const [piece, blank, comment, quoted, operator] of text.matchAll(PIECE)) {
    if (blank !== undefined) {
      tokens.push({ kind: 'plain', text: piece });
      continue;
    }
    if (comment !== undefined) tokens.push({ kind: 'comment', text: piece });
    else if (quoted !== undefined) tokens.push({ kind: 'string', text: piece });
    else if (operator !== undefined) tokens.push({ kind: 'operator', text: piece });
    else tokens.push({ kind: wordKind(piece, before), text: piece });
    before = piece;
  }
  return tokens;
}

function wordKind(word: string, before: string): TokenKind {
  if (word.startsWith('@')) return 'chain';
  // `meta mark set 0x4000` sets a value; `set cluster-ips {` names one.
  if (NAMING.has(before) && !isNumberText(word) && !KEYWORDS.has(word)) return 'chain';
  if (VERDICTS.has(word)) return 'verdict';
  if (KEYWORDS.has(word)) return 'keyword';
  if (isAddressText(word)) return 'address';
  return isNumberText(word) ? 'number' : 'plain';
}
