import { inLab } from './base.ts';

const { pods } = inLab;

export const podsRouter = pods.router({
  createFor: pods.createFor.handler(({ context, input }) => context.lab.pods.createFor(input)),
  scaleFor: pods.scaleFor.handler(({ context, input: { replicas, ...key } }) =>
    context.lab.pods.scaleFor(key, replicas),
  ),
  remove: pods.remove.handler(({ context, input }) => {
    context.lab.pods.remove(input);
    return {};
  }),
  setReady: pods.setReady.handler(({ context, input: { ready, ...key } }) =>
    context.lab.pods.setReady(key, ready),
  ),
  terminateSlowly: pods.terminateSlowly.handler(({ context, input: { seconds, ...key } }) =>
    context.lab.pods.terminateSlowly(key, seconds),
  ),
});
