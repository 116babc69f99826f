import { inSession } from './base.ts';

const { traffic } = inSession;

export const trafficRouter = traffic.router({
  start: traffic.start.handler(({ context, input }) => context.session.traffic.start(input)),
  stop: traffic.stop.handler(({ context, input }) => context.session.traffic.stop(input.id)),
  watchRun: traffic.watchRun.handler(({ context, input, signal }) =>
    context.session.traffic.watchRun(input.id, signal),
  ),
  watchRuns: traffic.watchRuns.handler(({ context, signal }) => context.session.traffic.watchRuns(signal)),
  removeRun: traffic.removeRun.handler(({ context, input }) => {
    context.session.traffic.remove(input.id);
    return {};
  }),
  resolve: traffic.resolve.handler(({ context, input }) => context.session.resolveTarget(input.target)),
  ways: traffic.ways.handler(({ context, input }) => context.session.waysTo(input.target)),
  openForwarder: traffic.openForwarder.handler(({ context, input }) =>
    context.session.forwarders.open(input.target),
  ),
  closeForwarder: traffic.closeForwarder.handler(async ({ context, input }) => {
    await context.session.forwarders.close(input.id);
    return {};
  }),
  forwarders: traffic.forwarders.handler(({ context }) => context.session.forwarders.list()),
});
