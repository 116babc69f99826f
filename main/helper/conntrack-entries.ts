import type { IPFamily } from '../../app/kubernetes/objects.ts';
import type { ConntrackFlow } from './node-protocol.ts';

const PROTOCOLS: Record<string, ConntrackFlow['protocol']> = { udp: 'udp', sctp: 'sctp', tcp: 'tcp' };

/**
 * Reads what `conntrack -L` prints: a line an entry, the original direction's `src= dst= sport= dport=`
 * first, the reply's after it. Lines without ports are passed over.
 */
export function parseConntrack(text: string, family: IPFamily): ConntrackFlow[] {
  const flows: ConntrackFlow[] = [];
  for (const line of text.split('\n')) {
    const protocol = PROTOCOLS[line.trim().split(/\s+/)[0] ?? ''];
    const tuples = [...line.matchAll(/src=(\S+) dst=(\S+) sport=(\d+) dport=(\d+)/g)];
    const [original, reply] = tuples;
    if (!protocol || !original || !reply) continue;
    flows.push({
      family,
      protocol,
      source: original[1] ?? '',
      destination: original[2] ?? '',
      sourcePort: Number(original[3]),
      destinationPort: Number(original[4]),
      replySource: reply[1] ?? '',
      replySourcePort: Number(reply[3]),
    });
  }
  return flows;
}
