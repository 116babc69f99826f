import { inSession } from './base.ts';

export const clusterRouter = inSession.cluster.router({
  watch: inSession.cluster.watch.handler(({ context, signal }) => context.session.cluster.subscribe(signal)),
});
