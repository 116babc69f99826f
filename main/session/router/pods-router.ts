import { inSession } from './base.ts';

const { pods } = inSession;

export const podsRouter = pods.router({
  createFor: pods.createFor.handler(({ context, input }) => context.session.pods.createFor(input)),
  scaleFor: pods.scaleFor.handler(({ context, input: { replicas, ...key } }) =>
    context.session.pods.scaleFor(key, replicas),
  ),
  remove: pods.remove.handler(({ context, input }) => {
    context.session.pods.remove(input);
    return {};
  }),
  setReady: pods.setReady.handler(({ context, input: { ready, ...key } }) =>
    context.session.pods.setReady(key, ready),
  ),
  terminateSlowly: pods.terminateSlowly.handler(({ context, input: { seconds, ...key } }) =>
    context.session.pods.terminateSlowly(key, seconds),
  ),
});
