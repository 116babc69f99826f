/** What comes of a write to the API server: refusals that people mend in an editor are results, not errors. */
import { z } from 'zod';
import { serviceSchema } from './objects.ts';

/** One complaint, at its field. */
export const fieldProblemSchema = z.object({
  /** As the API names it: `spec.ports[0].nodePort`, `metadata.name`; empty where it is about the whole object. */
  field: z.string(),
  /** `Invalid value: 80: provided port is not in the valid range…`, the server's own words. */
  message: z.string(),
  /** The API's cause: `FieldValueInvalid`, `FieldValueRequired`…; empty where it named none. */
  reason: z.string(),
});
export type FieldProblem = z.infer<typeof fieldProblemSchema>;

const invalid = z.object({
  outcome: z.literal('invalid'),
  /** The server's whole message. */
  message: z.string(),
  problems: z.array(fieldProblemSchema),
});

/** Refused for another reason than its fields: `AlreadyExists`, `Forbidden` (a namespace that ends)… */
const refused = z.object({
  outcome: z.literal('refused'),
  /** The API's reason. */
  code: z.string(),
  message: z.string(),
});

/** Somebody else wrote it since `resourceVersion`; nothing of the save was done. */
const conflict = z.object({
  outcome: z.literal('conflict'),
  message: z.string(),
  /** The object as the server has it now. */
  current: serviceSchema,
});

/** It was deleted meanwhile (or deleted and made again); creating it is what is left. */
const gone = z.object({ outcome: z.literal('gone'), message: z.string() });

/**
 * Others own fields that the save would change (server-side apply); nothing of it was done. Saving it again with
 * `force` takes them over.
 */
const owned = z.object({
  outcome: z.literal('owned'),
  message: z.string(),
  /** `.spec.ports[port=80,protocol="TCP"].nodePort`, and the managers that own it. */
  fields: z.array(z.object({ field: z.string(), managers: z.array(z.string()) })),
});
export type Owned = z.infer<typeof owned>;

const savedSchema = z.object({
  outcome: z.literal('saved'),
  object: serviceSchema,
  /** The API's warnings (the `Warning:` lines of kubectl). */
  warnings: z.array(z.string()),
});

export const createOutcomeSchema = z.discriminatedUnion('outcome', [savedSchema, invalid, refused]);
export type CreateOutcome = z.infer<typeof createOutcomeSchema>;

export const updateOutcomeSchema = z.discriminatedUnion('outcome', [
  savedSchema,
  invalid,
  refused,
  conflict,
  gone,
  owned,
]);
export type UpdateOutcome = z.infer<typeof updateOutcomeSchema>;

/** `object` is what the server would store: with defaults, and with addresses and ports it would give. */
export const checkOutcomeSchema = z.discriminatedUnion('outcome', [
  z.object({ outcome: z.literal('valid'), object: serviceSchema, warnings: z.array(z.string()) }),
  invalid,
  refused,
  conflict,
  gone,
  owned,
]);
export type CheckOutcome = z.infer<typeof checkOutcomeSchema>;

/** One object of a manifest. */
export const applyOutcomeSchema = z.object({
  kind: z.string(),
  namespace: z.string(),
  name: z.string(),
  result: z.discriminatedUnion('outcome', [
    z.object({ outcome: z.literal('created') }),
    z.object({ outcome: z.literal('unchanged') }),
    invalid,
    refused,
  ]),
});
export type ApplyOutcome = z.infer<typeof applyOutcomeSchema>;
