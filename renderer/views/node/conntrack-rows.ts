import type { NodeState } from '../../../app/contract/node.ts';
import { endpointAddress } from './listener-rows.ts';

export type Flow = NodeState['conntrack'][number];

export interface FlowRow {
  key: string;
  protocol: string;
  source: string;
  /** Where the client sent it. */
  destination: string;
  /** Who answers. */
  answeredBy: string;
  /** The rules changed the destination: who answers is not who was called. */
  isTranslated: boolean;
}

/** One row for each flow; keys are unique also where the kernel lists a flow twice. */
export function flowRows(flows: readonly Flow[]): FlowRow[] {
  const seen = new Map<string, number>();
  return flows.map((flow) => {
    const source = endpointAddress({ ip: flow.source, port: flow.sourcePort });
    const destination = endpointAddress({ ip: flow.destination, port: flow.destinationPort });
    const answeredBy = endpointAddress({ ip: flow.replySource, port: flow.replySourcePort });
    const name = `${flow.protocol} ${source} ${destination}`;
    const times = seen.get(name) ?? 0;
    seen.set(name, times + 1);
    return {
      key: times === 0 ? name : `${name} ${times}`,
      protocol: `${flow.protocol.toUpperCase()} ${flow.family}`,
      source,
      destination,
      answeredBy,
      isTranslated: answeredBy !== destination,
    };
  });
}

/** The rows in which all words of the search occur. */
export function matchingFlows(rows: readonly FlowRow[], search: string): readonly FlowRow[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return rows;
  return rows.filter((row) => {
    const text = `${row.protocol} ${row.source} ${row.destination} ${row.answeredBy}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}
