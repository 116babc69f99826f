/** The node's rules as they are: read from the kernel, not from what the engine meant to write. */
import { z } from 'zod';
import { procedure } from './error.ts';
import { feed } from './feed.ts';
import { chainNameSchema, familySchema, shownChainSchema, shownRuleSchema } from './rule-model.ts';

/** Chains in the order the tool lists them, IPv4 first. */
export const rulesStateSchema = z.object({
  chains: z.array(shownChainSchema),
  /** When the node was read: milliseconds since 1970, for rates. */
  readAt: z.number(),
});
export type RulesState = z.infer<typeof rulesStateSchema>;

export const rulesChangeSchema = z.discriminatedUnion('type', [
  /** A chain is new, or has become something else; it stands before the chain of `before` (null: at the end). */
  z.object({ type: z.literal('chain'), chain: shownChainSchema, before: chainNameSchema.nullable() }),
  z.object({ type: z.literal('chain-gone'), name: chainNameSchema }),
  /** In one chain: `removed` rules from index `at` on make way for `inserted`. */
  z.object({
    type: z.literal('rules'),
    name: chainNameSchema,
    at: z.int(),
    removed: z.int(),
    inserted: z.array(shownRuleSchema),
  }),
  /** Counters that have moved in one chain: `[index of the rule, packets, bytes]`. */
  z.object({
    type: z.literal('counters'),
    name: chainNameSchema,
    counters: z.array(z.tuple([z.int(), z.number(), z.number()])),
  }),
  /**
   * The end of one reading of the whole node: the changes before it were true at that moment. Changes without one
   * are of the rules that a sync has just written, read alone.
   */
  z.object({ type: z.literal('read'), readAt: z.number() }),
]);
export type RulesChange = z.infer<typeof rulesChangeSchema>;

export const rulesContract = {
  /**
   * Read at once after each sync, and for the counters every `intervalMs` (less often where reading takes
   * long). Only what changed is sent after the snapshot.
   */
  watch: procedure
    .input(z.object({ intervalMs: z.int().min(250).max(60_000).default(1000) }))
    .output(feed(rulesStateSchema, rulesChangeSchema)),
  /** The names of the node's chains, sets and maps, without their rules: to be found by them. */
  chains: procedure.output(z.array(chainNameSchema)),
  /** The text of iptables-save (with counters) or `nft list`, word for word. */
  raw: procedure
    .input(z.object({ family: familySchema, backend: z.enum(['iptables', 'nftables']) }))
    .output(z.object({ text: z.string() })),
};
