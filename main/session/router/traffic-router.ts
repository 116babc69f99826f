import { inLab } from './base.ts';

const { traffic } = inLab;

export const trafficRouter = traffic.router({
  start: traffic.start.handler(({ context, input }) => context.lab.traffic.start(input)),
  stop: traffic.stop.handler(({ context, input }) => context.lab.traffic.stop(input.id)),
  watchRun: traffic.watchRun.handler(({ context, input, signal }) =>
    context.lab.traffic.watchRun(input.id, signal),
  ),
  watchRuns: traffic.watchRuns.handler(({ context, signal }) => context.lab.traffic.watchRuns(signal)),
  removeRun: traffic.removeRun.handler(({ context, input }) => {
    context.lab.traffic.remove(input.id);
    return {};
  }),
  resolve: traffic.resolve.handler(({ context, input }) => context.lab.resolveTarget(input.target)),
  openForwarder: traffic.openForwarder.handler(({ context, input }) =>
    context.lab.forwarders.open(input.target),
  ),
  closeForwarder: traffic.closeForwarder.handler(async ({ context, input }) => {
    await context.lab.forwarders.close(input.id);
    return {};
  }),
  forwarders: traffic.forwarders.handler(({ context }) => context.lab.forwarders.list()),
});
