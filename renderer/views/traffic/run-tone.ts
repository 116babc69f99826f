import type { TrafficRun } from '../../../app/contract/traffic.ts';

/** How a run went, as a colour; words stand beside it. */
export function runTone({ state, summary }: TrafficRun): 'ok' | 'warning' | 'danger' | 'neutral' | 'accent' {
  if (state === 'running') return 'accent';
  if (state === 'failed') return 'danger';
  if (summary.requests === 0) return 'neutral';
  if (summary.failed === 0) return 'ok';
  return summary.ok === 0 ? 'danger' : 'warning';
}
