/** kind clusters of this computer: listed, made and deleted with the `kind` that is installed. */
import { z } from 'zod';
import { kindIpFamilies, kindNamePattern, kindProxyModes } from '../kind/kind-config.ts';
import { procedure } from './error.ts';
import { feed } from './feed.ts';

const portSchema = z.int().min(1).max(65535);

export const kindOptionsSchema = z.object({
  name: z.string().regex(kindNamePattern),
  ipFamily: z.enum(kindIpFamilies),
  kubeProxyMode: z.enum(kindProxyModes),
  ports: z
    .array(
      z.object({ containerPort: portSchema, hostPort: portSchema, protocol: z.enum(['TCP', 'UDP', 'SCTP']) }),
    )
    .max(100),
});

/** What `kind` is doing, or did last. */
export const kindJobSchema = z.object({
  what: z.enum(['create', 'delete']),
  name: z.string(),
  /** `cancelled`: what was made of it until then has been deleted again. */
  state: z.enum(['running', 'cancelling', 'done', 'failed', 'cancelled']),
  /** What it printed, the last 200 lines. */
  lines: z.array(z.string()),
  /** Why it failed: its last words. */
  error: z.string().nullable(),
});
export type KindJob = z.infer<typeof kindJobSchema>;

export const kindStateSchema = z.object({
  /** kind has been looked for. */
  known: z.boolean(),
  /** `v0.30.0`; null where kind is not installed. */
  version: z.string().nullable(),
  /** null until they have been asked for, and where they could not be. */
  clusters: z.array(z.string()).nullable(),
  /** Why they could not be listed. */
  problem: z.string().nullable(),
  job: kindJobSchema.nullable(),
});
export type KindState = z.infer<typeof kindStateSchema>;

export const kindContract = {
  watch: procedure.output(feed(kindStateSchema, z.never())),
  /** Asks kind anew. */
  refresh: procedure.output(z.object({})),
  /**
   * Begins to make a cluster; the feed tells how it goes. Its context is written to the kubeconfig as kind does.
   * UNSUPPORTED without kind, REFUSED where a cluster has the name or kind is at work.
   */
  create: procedure.input(kindOptionsSchema).output(z.object({})),
  /** Ends what is under way; a cluster that was half made is deleted. REFUSED where nothing can be cancelled. */
  cancel: procedure.output(z.object({})),
  /** Begins to delete a cluster that kind lists. REFUSED where `confirm` is not its name. */
  remove: procedure
    .input(z.object({ name: z.string().max(63), confirm: z.string().max(63) }))
    .output(z.object({})),
};
