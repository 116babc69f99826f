/** What a cluster or a node cannot do: as data for the window, and as the answer to who asks all the same. */
import type { ORPCError } from '@orpc/server';
import type { Ability, UnavailableReason } from '../../app/contract/clusters.ts';
import { contractError } from './refusals.ts';

const WORDS: Readonly<Record<UnavailableReason, string>> = {
  'lab-only': 'only the embedded lab can do this',
  'no-node': 'no node of this cluster is attached',
  observing: 'the node is observed: nothing is written on it',
};

/** What cannot be done at all, and what waits for a node. */
export function unavailableAbilities(has: {
  lab: boolean;
  node: boolean;
  /** The node's rules are ours. */
  writing: boolean;
}): Partial<Record<Ability, UnavailableReason>> {
  return {
    ...(has.lab ? {} : { pods: 'lab-only', loadBalancer: 'lab-only', forwarders: 'lab-only' }),
    ...(has.node ? {} : { node: 'no-node' }),
    ...(has.writing ? {} : { write: has.node ? 'observing' : 'no-node' }),
  };
}

export function unavailable(reason: UnavailableReason): ORPCError<'UNSUPPORTED', { cause: string | null }> {
  return contractError('UNSUPPORTED', WORDS[reason], reason) as ORPCError<
    'UNSUPPORTED',
    { cause: string | null }
  >;
}
