import { inLab } from './base.ts';

const { node } = inLab;

export const nodeRouter = node.router({
  info: node.info.handler(({ context }) => context.lab.node.info()),
  watch: node.watch.handler(({ context, input, signal }) =>
    context.lab.node.subscribe(input.intervalMs, signal),
  ),
});
