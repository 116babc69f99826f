import type { TrafficRun } from '../../../app/contract/traffic.ts';
import { failureCause } from '../../../app/probe/failure-cause.ts';
import type { FailureKind } from '../../../app/probe/result.ts';
import { t } from '../../i18n/messages.svelte.ts';

/** What failures of this kind usually mean, in the window's language, from what the run knew of its way. */
export function failureMessage(kind: FailureKind, { target, protocol, mode, dialect }: TrafficRun): string {
  const cause = failureCause(kind, {
    mode,
    dialect,
    way: target.way,
    protocol: protocol === 'udp' ? 'UDP' : 'TCP',
    ipv6: target.address.includes(':'),
    ...(target.readyEndpoints === undefined ? {} : { readyEndpoints: target.readyEndpoints }),
  });
  return t(`traffic:cause.${cause}`);
}
