/** Where a cluster's requests can be sent from, and how they get to their target from there. */
import type { TrafficPlan, TrafficResult } from '../../../app/contract/traffic.ts';
import type { ProbePlan } from '../../probe/plan.ts';

export interface Sending {
  signal: AbortSignal;
  onResult: (result: TrafficResult) => void;
}

export interface TrafficWay {
  /** What is asked there. */
  address: string;
  port: number;
  /** Sends the plan's requests; resolves when all were sent, or it was stopped. Rejects where none could be. */
  send(plan: ProbePlan, sending: Sending): Promise<void>;
  /** Says what a failure was where the place it is sent from cannot see that. */
  explain?(result: TrafficResult): TrafficResult;
}

export interface TrafficPlaces {
  /** @throws ORPCError NOT_FOUND for a place that is not there, REFUSED for what cannot be done now */
  way(plan: TrafficPlan, protocol: 'TCP' | 'UDP'): Promise<TrafficWay>;
  /** Ends what it holds open. */
  close(): Promise<void> | void;
}
