/** What every procedure begins with: errors become data, and the lab is waited for. */
import { implement } from '@orpc/server';
import { contract } from '../../../app/contract/contract.ts';
import { describedError } from '../refusals.ts';
import type { SessionContext } from '../session-context.ts';

/** Answers at once, before the lab is up too. */
export const atOnce = implement(contract)
  .$context<SessionContext>()
  .use(async function errorsAsData({ next, context, path }) {
    try {
      return await next();
    } catch (error) {
      throw describedError(error, (mistake) => {
        const what = mistake instanceof Error ? (mistake.stack ?? mistake.message) : String(mistake);
        context.log(`unexpected error in ${path.join('.')}, please report it:\n${what}`);
      });
    }
  });

/** Answers when the lab is up. */
export const inLab = atOnce.use(async function whenLabIsUp({ next, context }) {
  return next({ context: { lab: await context.session } });
});
