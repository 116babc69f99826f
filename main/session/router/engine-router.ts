import { inSession } from './base.ts';

const { engine } = inSession;

export const engineRouter = engine.router({
  watch: engine.watch.handler(({ context, signal }) => context.session.engine.subscribe(signal)),
  previewMode: engine.previewMode.handler(({ context, input }) =>
    context.session.engine.preview(input.mode, input.dialect),
  ),
  setMode: engine.setMode.handler(({ context, input }) =>
    context.session.engine.setMode(input.mode, input.dialect),
  ),
  setLoadBalancer: engine.setLoadBalancer.handler(({ context, input }) =>
    context.session.setLoadBalancer(input.enabled),
  ),
  resync: engine.resync.handler(({ context }) => context.session.engine.resync()),
});
