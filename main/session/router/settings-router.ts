import { atOnce } from './base.ts';

const { settings } = atOnce;

export const settingsRouter = settings.router({
  watch: settings.watch.handler(({ context, signal }) => context.settings.subscribe(signal)),
  update: settings.update.handler(({ context, input }) => context.settings.update(input)),
});
