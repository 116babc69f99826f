import { inSession } from './base.ts';

const { attachment } = inSession;

export const attachmentRouter = attachment.router({
  watch: attachment.watch.handler(({ context, signal }) => context.session.attachment.subscribe(signal)),
  watchPlaces: attachment.watchPlaces.handler(({ context, signal }) =>
    context.session.places.subscribe(signal),
  ),
  attach: attachment.attach.handler(async ({ context, input }) => {
    await context.session.attachment.attach(input);
    return {};
  }),
  detach: attachment.detach.handler(async ({ context }) => {
    await context.session.attachment.detach();
    return {};
  }),
  previewTakeOver: attachment.previewTakeOver.handler(({ context, input }) =>
    context.session.attachment.previewTakeOver(input),
  ),
  takeOver: attachment.takeOver.handler(async ({ context, input }) => {
    await context.session.attachment.takeOver(input);
    return {};
  }),
  handBack: attachment.handBack.handler(async ({ context }) => {
    await context.session.attachment.handBack();
    return {};
  }),
  trustPlace: attachment.trustPlace.handler(({ context }) => {
    context.session.attachment.trustPlace();
    return {};
  }),
});
