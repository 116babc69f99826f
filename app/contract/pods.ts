/** The pods behind a Service, made and troubled by hand. */
import { z } from 'zod';
import { procedure } from './error.ts';
import { keySchema, podSchema } from './objects.ts';

export const podsContract = {
  /**
   * Makes a pod that the Service selects and that listens on its target ports. REFUSED for a Service
   * without a selector.
   */
  createFor: procedure.input(keySchema).output(podSchema),
  /**
   * Brings the Service to so many pods: scales its Deployment where it has one, else makes and deletes pods
   * as `createFor` and `remove` do, the youngest first. Pods that end already do not count.
   */
  scaleFor: procedure
    .input(keySchema.extend({ replicas: z.int().min(0).max(100) }))
    .output(z.object({ replicas: z.int(), deployment: z.string().nullable() })),
  /** Deletes it, at once. One that a Deployment owns is replaced by another. */
  remove: procedure.input(keySchema).output(z.object({})),
  /** Ready or not, as if its readiness probe said so. */
  setReady: procedure.input(keySchema.extend({ ready: z.boolean() })).output(podSchema),
  /** Deletes it and has it take so many seconds to end: it goes on serving, and is no longer ready. */
  terminateSlowly: procedure.input(keySchema.extend({ seconds: z.int().min(1).max(3600) })).output(podSchema),
};
