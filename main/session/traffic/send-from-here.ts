import type { ProbePlan } from '../../probe/plan.ts';
import { startProber } from '../../probe/start-prober.ts';
import type { Sending } from './traffic-places.ts';

/** Sends from this computer's own network. */
export function sendFromHere(plan: ProbePlan, sending: Sending): Promise<void> {
  return startProber({ plan, wrap: ([command = '', ...args]) => [command, ...args], ...sending });
}
