import { inSession } from './base.ts';

const { exports } = inSession;

export const exportsRouter = exports.router({
  formats: exports.formats.handler(({ context, input }) => context.session.exports.formats(input.mode)),
  text: exports.text.handler(({ context, input }) => context.session.exports.text(input)),
});
