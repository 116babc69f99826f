/** Services: checked while they are typed, saved, deleted, made from templates. */
import { z } from 'zod';
import { diagnosisSchema } from './diagnosis.ts';
import { procedure } from './error.ts';
import { draftSchema, keySchema, serviceSchema } from './objects.ts';
import { applyOutcomeSchema, checkOutcomeSchema, createOutcomeSchema, updateOutcomeSchema } from './save.ts';

/** A Service to begin with; the first two are the design document's. */
export const templateSchema = z.object({
  /** `mysql`, `ssh`…: also the key of its title and description in the message files (`templates.ID`). */
  id: z.string(),
  /** The manifest with its comments: the Service first, then what it needs. */
  text: z.string(),
  /** Its objects, in order. */
  objects: z.array(z.object({ kind: z.string(), name: z.string() })),
});
export type Template = z.infer<typeof templateSchema>;

export const servicesContract = {
  /**
   * Dry run, as typed: what the server would say to creating the object (`create`) or to replacing the one
   * of its name (`update`; with `metadata.resourceVersion` also whether somebody else changed it).
   */
  check: procedure
    .input(z.object({ object: draftSchema, as: z.enum(['create', 'update']) }))
    .output(checkOutcomeSchema),
  create: procedure.input(z.object({ object: draftSchema })).output(createOutcomeSchema),
  /**
   * Replaces the Service by the object, which carries the `metadata.resourceVersion` it was read at: a
   * change since then is a conflict, told with the object that is there. Overwriting on purpose: save it
   * again with the resourceVersion of that. On clusters that are not the lab it is a server-side apply of what was
   * changed, after a dry run: fields that others own come back as `owned`, unless `force` takes them over.
   */
  update: procedure
    .input(z.object({ object: draftSchema, force: z.boolean().optional() }))
    .output(updateOutcomeSchema),
  /** Deletes it and hands it back as it was last, for `restore`. */
  remove: procedure.input(keySchema).output(z.object({ deleted: serviceSchema })),
  /** Undoes a deletion: makes the object again, with its cluster IPs and node ports where they are still free. */
  restore: procedure.input(z.object({ object: draftSchema })).output(createOutcomeSchema),
  /** What is wrong with it, or worth knowing; the interface may also ask `app/diagnosis` itself, live. */
  diagnose: procedure.input(keySchema).output(z.array(diagnosisSchema)),
  templates: procedure.output(z.array(templateSchema)),
  /**
   * Makes the objects of a template or of any manifest (YAML, several documents), one after the other; one
   * that is there already is left as it is. REFUSED for text that is no manifest.
   */
  apply: procedure
    .input(z.object({ text: z.string().max(1024 * 1024), namespace: z.string().min(1).max(63) }))
    .output(z.array(applyOutcomeSchema)),
  /** JSON Schema (2020-12) of a Service with descriptions, for the editor's completion and hovers. */
  schema: procedure.output(z.record(z.string(), z.unknown())),
};
