/** What the elevated helper is asked: to attach to one node, and from then on a node's verbs. */
import { z } from 'zod';
import { parseTargetSpec } from '../targets/target-spec.ts';
import { attachingVerbs } from './attaching-verbs.ts';
import { listeningVerbs } from './listening-verbs.ts';
import { nodeVerbs } from './node-protocol.ts';
import { verb } from './verb-channel.ts';

/** A message may be so long, in bytes: a ruleset of 10,000 Services is a quarter of it. */
export const MOST_MESSAGE_BYTES = 80 * 1024 * 1024;

/** The first message of a helper to whoever started it. */
export const helloSchema = z.strictObject({
  type: z.literal('hello'),
  protocol: z.literal(1),
  token: z.string().min(32).max(256),
  pid: z.int().positive(),
});

/** The file by which the helper is told where to connect: only the user who wrote it may read it. */
export const rendezvousSchema = z.strictObject({
  socket: z.string().max(1024),
  token: z.string().min(32).max(256),
});

const targetSchema = z
  .string()
  .max(300)
  .refine((text) => {
    try {
      return parseTargetSpec(text).kind !== 'lab';
    } catch {
      return false;
    }
  }, 'not a target of the helper');

/** Requests that the helper has under way; it refuses more. */
export const mostHelperVerbsAtOnce = 16;

export const helperVerbs = {
  ...nodeVerbs,
  ...listeningVerbs,
  ...attachingVerbs,
  /** Chooses the node, once: `host`, `netns:NAME`, `container:NAME` or `minikube:PROFILE`. */
  attach: verb<{ target: string }, void>(z.strictObject({ target: targetSchema })),
  /** What was written stays when the helper goes: nothing is undone any more. */
  leaveRules: verb<Record<string, never>, void>(z.strictObject({})),
  /** Brings the node back to what it was before the first write, now. */
  undo: verb<Record<string, never>, void>(z.strictObject({})),
};
export type HelperVerbs = typeof helperVerbs;
