import { inSession } from './base.ts';

const { verification } = inSession;

export const verificationRouter = verification.router({
  watch: verification.watch.handler(({ context, signal }) => context.session.verification.subscribe(signal)),
});
