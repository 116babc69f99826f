import { serviceJsonSchema } from '../service-schema.ts';
import { inLab } from './base.ts';

const { services } = inLab;

export const servicesRouter = services.router({
  check: services.check.handler(({ context, input }) => context.lab.services.check(input.object, input.as)),
  create: services.create.handler(({ context, input }) => context.lab.services.create(input.object)),
  update: services.update.handler(({ context, input }) => context.lab.services.update(input.object)),
  remove: services.remove.handler(async ({ context, input }) => ({
    deleted: await context.lab.services.remove(input),
  })),
  restore: services.restore.handler(({ context, input }) => context.lab.services.restore(input.object)),
  diagnose: services.diagnose.handler(({ context, input }) => context.lab.diagnose(input)),
  templates: services.templates.handler(({ context }) => context.lab.templates),
  apply: services.apply.handler(({ context, input }) =>
    context.lab.services.apply(input.text, input.namespace),
  ),
  schema: services.schema.handler(() => serviceJsonSchema()),
});
