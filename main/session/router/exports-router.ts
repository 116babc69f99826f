import { inLab } from './base.ts';

const { exports } = inLab;

export const exportsRouter = exports.router({
  formats: exports.formats.handler(({ context, input }) => context.lab.exports.formats(input.mode)),
  text: exports.text.handler(({ context, input }) => context.lab.exports.text(input)),
});
