import { inLab } from './base.ts';

export const clusterRouter = inLab.cluster.router({
  watch: inLab.cluster.watch.handler(({ context, signal }) => context.lab.cluster.subscribe(signal)),
});
