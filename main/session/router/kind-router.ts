import { atOnce } from './base.ts';

const { kind } = atOnce;

export const kindRouter = kind.router({
  watch: kind.watch.handler(({ context, signal }) => context.kind.subscribe(signal)),
  refresh: kind.refresh.handler(async ({ context }) => {
    await context.kind.refresh();
    return {};
  }),
  create: kind.create.handler(async ({ context, input }) => {
    await context.kind.create(input);
    return {};
  }),
  cancel: kind.cancel.handler(async ({ context }) => {
    await context.kind.cancel();
    return {};
  }),
  remove: kind.remove.handler(async ({ context, input }) => {
    await context.kind.remove(input.name, input.confirm);
    return {};
  }),
});
