/** What the interface remembers for its user, in the data folder: the same in every window. */
import { z } from 'zod';
import { procedure } from './error.ts';
import { feed } from './feed.ts';

const viewStateSchema = z.record(z.string().max(64), z.json());

export const settingsSchema = z.object({
  /** `system`: as the browser or the desktop says. */
  locale: z.enum(['system', 'en', 'zh']),
  theme: z.enum(['system', 'light', 'dark']),
  /** Presenter zoom: 1 is 100 %. */
  zoom: z.number().min(0.5).max(3),
  /** The tour of the first start has been seen or passed over. */
  tourSeen: z.boolean(),
  /** What views remember (sorting, columns, widths), by view; at most 64 KiB as JSON. */
  views: z.record(z.string().max(64), viewStateSchema),
});
export type Settings = z.infer<typeof settingsSchema>;

export const settingsStateSchema = z.object({
  settings: settingsSchema,
  /** The data folder had no settings when this lab started. */
  firstStart: z.boolean(),
});
export type SettingsState = z.infer<typeof settingsStateSchema>;

export const settingsContract = {
  watch: procedure.output(feed(settingsStateSchema, z.never())),
  /** Changes what is given; a view's state is replaced as a whole. Answers with all settings. */
  update: procedure.input(settingsSchema.partial()).output(settingsSchema),
};
