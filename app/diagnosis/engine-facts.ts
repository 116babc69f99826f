/** What the engine knows that tells how a Service fares on the node. */
import type { EngineState } from '../contract/engine.ts';

/** A field of a Service that makes no rules in this mode and dialect, and why, in the engine's words. */
interface OmittedField {
  readonly field: string;
  readonly reason: string;
}

/** A port of a Service that the userspace proxy could not listen for. */
interface UnservedPort {
  /** The port's name, empty for a port without one. */
  readonly port: string;
  readonly reason: string;
}

export interface EngineFacts extends Pick<EngineState, 'mode' | 'dialect' | 'loadBalancer'> {
  readonly nodeName: string;
  /** By `namespace/name`. */
  readonly omitted: ReadonlyMap<string, readonly OmittedField[]>;
  readonly unserved: ReadonlyMap<string, readonly UnservedPort[]>;
}

/** `Service default/web spec.ports[0].protocol: the userspace mode does not relay SCTP` (see `formatOrigin`). */
const OMISSION = /^Service ([^\s/]+\/\S+) (\S+): (.+)$/s;
/** `default/web:http is not served: …` (a listener's failure; the colon is always there). */
const FAILURE = /^([^\s/]+\/[^\s:]+):(\S*) is not served: (.+)$/s;

/** Reads the warnings of the last sync; those that are about no Service are passed over. */
export function engineFacts(
  engine: Pick<EngineState, 'mode' | 'dialect' | 'loadBalancer' | 'warnings' | 'node'>,
): EngineFacts {
  const omitted = new Map<string, OmittedField[]>();
  const unserved = new Map<string, UnservedPort[]>();
  // Both IP families may say the same.
  for (const warning of new Set(engine.warnings)) {
    const [, service = '', field = '', reason = ''] = OMISSION.exec(warning) ?? [];
    if (service !== '') omitted.set(service, [...(omitted.get(service) ?? []), { field, reason }]);
    const [, owner = '', port = '', why = ''] = FAILURE.exec(warning) ?? [];
    if (owner !== '') unserved.set(owner, [...(unserved.get(owner) ?? []), { port, reason: why }]);
  }
  const { mode, dialect, loadBalancer, node } = engine;
  return { mode, dialect, loadBalancer, nodeName: node.name, omitted, unserved };
}
