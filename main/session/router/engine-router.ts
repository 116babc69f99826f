import { inLab } from './base.ts';

const { engine } = inLab;

export const engineRouter = engine.router({
  watch: engine.watch.handler(({ context, signal }) => context.lab.engine.subscribe(signal)),
  previewMode: engine.previewMode.handler(({ context, input }) =>
    context.lab.engine.preview(input.mode, input.dialect),
  ),
  setMode: engine.setMode.handler(({ context, input }) =>
    context.lab.engine.setMode(input.mode, input.dialect),
  ),
  setLoadBalancer: engine.setLoadBalancer.handler(({ context, input }) =>
    context.lab.engine.setLoadBalancer(input.enabled),
  ),
  resync: engine.resync.handler(({ context }) => context.lab.engine.resync()),
});
