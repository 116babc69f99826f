/** Rules and objects as text to take away. */
import { z } from 'zod';
import { procedure } from './error.ts';
import { dialectSchema, proxyModeSchema } from './lab.ts';
import { familySchema } from './rule-model.ts';

export const exportFormats = [
  'restore',
  'save',
  'nft',
  'script',
  'remove-script',
  'json',
  'mermaid',
  'svg',
  'markdown',
  'html',
  'services',
] as const;
export type ExportFormat = (typeof exportFormats)[number];

/** A format for a mode; those that are not there are listed too, with the reason. */
export const formatSchema = z.object({
  id: z.enum(exportFormats),
  available: z.boolean(),
  /** Why not: `mode` (not of this mode), `later` (not made yet). */
  reason: z.enum(['mode', 'later']).optional(),
  /** `kube-proxy-iptables.rules` */
  fileName: z.string(),
  mediaType: z.string(),
  /** Whether the choice of families means anything to it. */
  byFamily: z.boolean(),
});
export type ExportFormatInfo = z.infer<typeof formatSchema>;

export const exportsContract = {
  formats: procedure.input(z.object({ mode: proxyModeSchema })).output(z.array(formatSchema)),
  /**
   * The rules that a kube-proxy of this mode writes for all Services or for those chosen, or the Services
   * themselves. REFUSED for a format that the mode does not have.
   */
  text: procedure
    .input(
      z.object({
        format: z.enum(exportFormats),
        mode: proxyModeSchema,
        dialect: dialectSchema,
        family: familySchema,
        /** `namespace/name`; null: all. */
        services: z.array(z.string().max(320)).max(10_000).nullable(),
      }),
    )
    .output(
      z.object({
        text: z.string(),
        fileName: z.string(),
        mediaType: z.string(),
        /** What the rules leave out, in words. */
        warnings: z.array(z.string()),
      }),
    ),
};
