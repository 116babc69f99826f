import type { EngineChange, EngineFeedState, SyncReport } from '../../app/contract/engine.ts';

const keptSyncs = 100;

function withSync(syncs: SyncReport[], sync: SyncReport): SyncReport[] {
  const at = syncs.findIndex((other) => other.number === sync.number);
  if (at >= 0) return syncs.with(at, sync);
  return [...syncs, sync].slice(-keptSyncs);
}

/** The engine after these changes. A sync that is known already is replaced: its list of changes came later. */
export function applyEngineChanges(state: EngineFeedState, changes: EngineChange[]): EngineFeedState {
  let { engine, syncs } = state;
  for (const change of changes) {
    if (change.type === 'state') engine = change.engine;
    else syncs = withSync(syncs, change.sync);
  }
  return { engine, syncs };
}
