import { StreamLanguage, type StringStream } from '@codemirror/language';

const verdicts =
  /^(ACCEPT|DROP|REJECT|RETURN|DNAT|SNAT|MASQUERADE|MARK|REDIRECT|LOG|accept|drop|reject|return|dnat|snat|masquerade|redirect)\b/;
const keywords =
  /^(table|chain|set|map|type|hook|priority|policy|comment|elements|counter|jump|goto|vmap|flags|timeout|numgen|random|mod|update|add|flush|delete)\b/;

function token(stream: StringStream): string | null {
  if (stream.eatSpace()) return null;
  if (stream.sol() && stream.match(/^[#].*/)) return 'comment';
  if (stream.sol() && stream.match(/^(\*\S+|COMMIT|:\S+)/)) return 'keyword';
  if (stream.match(/^"([^"\\]|\\.)*"?/)) return 'string';
  if (stream.match(/^--?[a-z][\w-]*/)) return 'operator';
  if (stream.match(verdicts)) return 'controlKeyword';
  if (stream.match(/^(KUBE-[A-Z0-9-]+|(service|endpoint|external|firewall)-[^\s;{}]+)/)) return 'typeName';
  if (stream.match(keywords)) return 'keyword';
  if (stream.match(/^(\d{1,3}(\.\d{1,3}){3}|[0-9a-f]{0,4}(:[0-9a-f]{0,4}){2,})(\/\d+)?/i)) return 'number';
  if (stream.match(/^(0x[0-9a-f]+|\d+(\.\d+)?)\b/i)) return 'number';
  if (!stream.match(/^[\w.-]+/)) stream.next();
  return null;
}

/** The text of iptables-save, iptables-restore and `nft list`, coloured by line; it is read, not parsed. */
export const rulesLanguage = StreamLanguage.define({ name: 'rules', token });
