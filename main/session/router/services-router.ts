import { serviceJsonSchema } from '../service-schema.ts';
import { inSession } from './base.ts';

const { services } = inSession;

export const servicesRouter = services.router({
  check: services.check.handler(({ context, input }) =>
    context.session.services.check(input.object, input.as),
  ),
  create: services.create.handler(({ context, input }) => context.session.services.create(input.object)),
  update: services.update.handler(({ context, input }) =>
    context.session.services.update(input.object, input.force ?? false),
  ),
  remove: services.remove.handler(async ({ context, input }) => ({
    deleted: await context.session.services.remove(input),
  })),
  restore: services.restore.handler(({ context, input }) => context.session.services.restore(input.object)),
  diagnose: services.diagnose.handler(({ context, input }) => context.session.diagnose(input)),
  templates: services.templates.handler(({ context }) => context.session.templates),
  apply: services.apply.handler(({ context, input }) =>
    context.session.services.apply(input.text, input.namespace),
  ),
  schema: services.schema.handler(() => serviceJsonSchema()),
});
