import { atOnce } from './base.ts';

const { clusters } = atOnce;

export const clustersRouter = clusters.router({
  watch: clusters.watch.handler(({ context, signal }) => context.workspace.subscribe(signal)),
  choose: clusters.choose.handler(async ({ context, input }) => {
    await context.workspace.choose(input.id);
    return {};
  }),
});
