/** What every procedure begins with: errors become data, and what is not up yet is waited for. */
import { implement } from '@orpc/server';
import { clusterHeader } from '../../../app/contract/carrier.ts';
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

/**
 * Answers for the chosen cluster, when its session is open. What was meant for another one is refused; feeds are not:
 * they end with a session and begin anew with the next one's.
 */
export const inSession = atOnce.use(async function whenOpen({ next, context, path }) {
  const { workspace, reqHeaders } = context;
  const isFeed = path.at(-1)?.startsWith('watch');
  if (!isFeed) workspace.assertChosen(reqHeaders?.get(clusterHeader) ?? undefined);
  return next({ context: { session: await workspace.session } });
});

/** Answers for the embedded lab, whichever cluster is chosen, when it is up. */
export const inLab = atOnce.use(async function whenLabIsUp({ next, context }) {
  return next({ context: { lab: await context.workspace.lab } });
});
