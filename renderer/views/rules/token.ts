/** A piece of a rule's text and what it is, for colours and links. The pieces of a text are the whole of it. */

export type TokenKind =
  | 'plain'
  /** What a tool's grammar fixes: `ip daddr`, the module after `-m`. */
  | 'keyword'
  /** iptables: `-d`, `--dport`. */
  | 'option'
  | 'address'
  | 'number'
  | 'string'
  /** Where a packet's way through the rules ends or turns: ACCEPT, dnat, jump. */
  | 'verdict'
  /** A chain, set or map by name: one that can be followed. */
  | 'chain'
  | 'operator'
  | 'comment';

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
}

const ADDRESS_V4 = /^\d{1,3}(?:\.\d{1,3}){3}(?:\/\d{1,2})?(?::\d{1,5})?(?:-\d{1,3}(?:\.\d{1,3}){3})?$/;
const ADDRESS_V6 = /^\[?[0-9a-fA-F]{0,4}(?::[0-9a-fA-F]{0,4}){2,7}\]?(?:\/\d{1,3})?(?::\d{1,5})?$/;
const NUMBER = /^(?:0x[0-9a-fA-F]+|\d+(?:\.\d+)?)(?:[/:-](?:0x[0-9a-fA-F]+|\d+))?[smhd]?$/;

export function isAddressText(word: string): boolean {
  return ADDRESS_V4.test(word) || ADDRESS_V6.test(word);
}

export function isNumberText(word: string): boolean {
  return NUMBER.test(word);
}
