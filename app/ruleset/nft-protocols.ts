/**
 * Protocols by name. nft takes the names from /etc/protocols, and prints numbers where a node, mostly one that is a
 * container, has no such file.
 */
const NAMES: Readonly<Record<string, string>> = { '6': 'tcp', '17': 'udp', '132': 'sctp' };

/** A key's parts with protocols by name. @param type the set's: `ipv4_addr . inet_proto . inet_service` */
export function withProtocolNames(key: readonly string[], type: string): readonly string[] {
  if (!type.includes('inet_proto')) return key;
  const types = type.split(' . ');
  return key.map((part, index) => (types[index] === 'inet_proto' ? (NAMES[part] ?? part) : part));
}

/** `meta l4proto 6 dnat to …` → `meta l4proto tcp dnat to …` */
export function withProtocolName(expression: string): string {
  if (!/\b(?:l4proto|protocol|nexthdr) /.test(expression)) return expression;
  return expression.replace(
    /\b(meta l4proto|ip protocol|ip6 nexthdr) (!= )?(6|17|132)(?= |$)/g,
    (_, field: string, not = '', number: string) => `${field} ${not}${NAMES[number]}`,
  );
}
