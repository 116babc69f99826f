import { inSession } from './base.ts';

const { node } = inSession;

export const nodeRouter = node.router({
  info: node.info.handler(({ context }) => context.session.node.info()),
  watch: node.watch.handler(({ context, input, signal }) =>
    context.session.node.subscribe(input.intervalMs, signal),
  ),
});
