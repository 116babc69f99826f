/** What differs between a node's rules and those that should be there, live. */
import { z } from 'zod';
import { findingKinds } from '../verify/finding.ts';
import { findingCodes } from '../verify/finding-words.ts';
import { procedure } from './error.ts';
import { feed } from './feed.ts';
import { dialectSchema, proxyModeSchema } from './lab.ts';
import { familySchema } from './rule-model.ts';

export const verificationFindingSchema = z.object({
  kind: z.enum(findingKinds),
  family: familySchema,
  /** `namespace/name`; null for what belongs to no Service. */
  service: z.string().nullable(),
  /** What it is, and what its words need: see `FindingParameters`. */
  code: z.enum(findingCodes),
  parameters: z.record(z.string(), z.string()),
  /** An earlier version of kube-proxy wrote it so. */
  earlier: z.boolean(),
  /** The chain, set or map of the node that it is found in; null where the node has none such. */
  place: z.object({ table: z.string(), chain: z.string() }).nullable(),
  /** Of a stale endpoint: when the cluster let it go, in milliseconds since 1970; null where that was not seen. */
  goneAt: z.number().nullable(),
  /** When it was first found, in milliseconds since 1970. */
  since: z.number(),
  /** The cluster has changed so recently that a kube-proxy may still be writing: nobody is accused yet. */
  waiting: z.boolean(),
  rules: z.array(
    z.object({
      table: z.string(),
      chain: z.string(),
      side: z.enum(['present', 'wanted']),
      text: z.string(),
      because: z.string().nullable(),
    }),
  ),
});
export type VerificationFinding = z.infer<typeof verificationFindingSchema>;

export const verificationStateSchema = z.object({
  /** When the node was last compared, in milliseconds since 1970; null before the first time. */
  checkedAt: z.number().nullable(),
  /** Nothing differs; false before the first comparison. */
  same: z.boolean(),
  mode: proxyModeSchema,
  dialect: dialectSchema,
  /** How many rules and elements there should be. */
  rules: z.int(),
  /** Whether the node tells of changes at once; else it is read every so many seconds. */
  live: z.boolean(),
  /** Why the node could not be read; null where it could. */
  error: z.string().nullable(),
  findings: z.array(verificationFindingSchema),
});
export type VerificationState = z.infer<typeof verificationStateSchema>;

export const verificationContract = {
  /** Whole states. The node is read while somebody watches: when it or the cluster changes, and now and then. */
  watch: procedure.output(feed(verificationStateSchema, z.never())),
};
