/** The tokens of iptables rules, as `iptables-save` writes them, with or without `-A CHAIN`. */
import { isAddressText, isNumberText, type Token, type TokenKind } from './token.ts';

const PIECE = /(\s+)|("(?:[^"\\]|\\.)*"?)|(!)(?=\s)|(\S+)/g;
/** Targets of the kernel's own; any other word after `-j` is a chain. */
const TARGET =
  /^(?:ACCEPT|DROP|RETURN|QUEUE|[A-Z0-9]*NAT|MASQUERADE|REDIRECT|REJECT|[A-Z]*MARK|N?FLOG|LOG|NFQUEUE|NETMAP|NOTRACK|CT|TCPMSS|TTL|HL|TOS|DSCP|SET|AUDIT|CLASSIFY|TEE|TPROXY|TRACE)$/;
const CHAIN_OPTIONS = new Set(['-A', '-I', '-D', '-N', '-P', '-F', '-X']);
const TARGET_OPTIONS = new Set(['-j', '-g', '--jump', '--goto']);
const WORD_OPTIONS = new Set(['-m', '-p', '--match', '--protocol', '-t']);

/** The text of one rule: `-d 10.254.1.2/32 -p tcp -m tcp --dport 80 -j KUBE-SVC-…`. */
export function iptablesTokens(text: string): Token[] {
  const tokens: Token[] = [];
  let option = '';
  for (const [piece, blank, quoted, negation] of text.matchAll(PIECE)) {
    if (blank !== undefined) tokens.push({ kind: 'plain', text: piece });
    else if (quoted !== undefined) tokens.push({ kind: 'string', text: piece });
    else if (negation !== undefined) tokens.push({ kind: 'operator', text: piece });
    else if (/^--?[A-Za-z]/.test(piece)) {
      tokens.push({ kind: 'option', text: piece });
      option = piece;
    } else tokens.push({ kind: valueKind(piece, option), text: piece });
  }
  return tokens;
}

function valueKind(word: string, option: string): TokenKind {
  if (CHAIN_OPTIONS.has(option)) return 'chain';
  if (TARGET_OPTIONS.has(option)) return TARGET.test(word) ? 'verdict' : 'chain';
  if (WORD_OPTIONS.has(option)) return 'keyword';
  if (isAddressText(word)) return 'address';
  return isNumberText(word) ? 'number' : 'plain';
}

/** A line of `iptables-save`: comments, `*nat`, `:CHAIN POLICY [0:0]`, `[1:60] -A CHAIN …`, `COMMIT`. */
export function iptablesSaveTokens(line: string): Token[] {
  if (line.startsWith('#')) return [{ kind: 'comment', text: line }];
  if (line.startsWith('*') || line === 'COMMIT') return [{ kind: 'keyword', text: line }];
  const chain = /^(:)(\S+)( )(\S+)(?:( )(\[\d+:\d+\]))?(.*)$/.exec(line);
  if (chain) {
    const kinds: TokenKind[] = ['operator', 'chain', 'plain', 'verdict', 'plain', 'number', 'plain'];
    return kinds.flatMap((kind, index) => {
      const text = chain[index + 1];
      return text ? [{ kind, text }] : [];
    });
  }
  const [counters = ''] = /^\[\d+:\d+\]/.exec(line) ?? [];
  const rest = iptablesTokens(line.slice(counters.length));
  return counters ? [{ kind: 'number', text: counters }, ...rest] : rest;
}
