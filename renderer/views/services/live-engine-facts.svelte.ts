import { type EngineFacts, engineFacts } from '../../../app/diagnosis/engine-facts.ts';
import type { Session } from '../../session/session.svelte.ts';

/**
 * What the engine knows of Services, live: the same object for as long as it says the same, so that a sync
 * which only counts rules has nobody look at thousands of Services anew.
 */
export function liveEngineFacts(session: Session): { readonly current: EngineFacts | undefined } {
  const said = $derived.by(() => {
    const engine = session.engine?.engine;
    if (engine === undefined) return undefined;
    const { mode, dialect, loadBalancer, warnings, node } = engine;
    return JSON.stringify({ mode, dialect, loadBalancer, warnings, node });
  });
  const facts = $derived(said === undefined ? undefined : engineFacts(JSON.parse(said)));
  return {
    get current(): EngineFacts | undefined {
      return facts;
    },
  };
}
