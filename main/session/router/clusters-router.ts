import { atOnce, inSession } from './base.ts';

const { clusters } = atOnce;

export const clustersRouter = clusters.router({
  watch: clusters.watch.handler(({ context, signal }) => context.workspace.subscribe(signal)),
  choose: clusters.choose.handler(async ({ context, input }) => {
    await context.workspace.choose(input.id);
    return {};
  }),
  check: clusters.check.handler(async ({ context, input }) => {
    await context.workspace.contexts.check(input.ids);
    return {};
  }),
  retry: inSession.clusters.retry.handler(({ context }) => {
    context.session.retry();
    return {};
  }),
  addKubeconfig: clusters.addKubeconfig.handler(({ context, input }) =>
    context.workspace.contexts.add(input.name, input.text),
  ),
  forgetKubeconfig: clusters.forgetKubeconfig.handler(({ context, input }) => {
    context.workspace.contexts.forget(input.path);
    return {};
  }),
  permissions: inSession.clusters.permissions.handler(({ context, input }) =>
    context.session.permissions.in(input.namespace),
  ),
});
