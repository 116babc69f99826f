/** The embedded lab's places: its client outside, its node, its pods, and this computer through a forwarder. */
import type { ResolvedTarget } from '../../../app/contract/lab.ts';
import type { TrafficPlan } from '../../../app/contract/traffic.ts';
import { checkPlace, inPlace, UnknownPlaceError } from '../../lab/place.ts';
import { startProber } from '../../probe/start-prober.ts';
import { contractError } from '../refusals.ts';
import type { Forwarders } from './forwarders.ts';
import type { TrafficPlaces, TrafficWay } from './traffic-places.ts';

export interface LabPlacesOptions {
  supervisorPid: number;
  forwarders: Forwarders;
  /** @throws ORPCError NOT_FOUND */
  resolveTarget: (target: string) => ResolvedTarget;
}

export class LabPlaces implements TrafficPlaces {
  readonly #options: LabPlacesOptions;

  constructor(options: LabPlacesOptions) {
    this.#options = options;
  }

  async way({ from, target }: TrafficPlan, protocol: 'TCP' | 'UDP'): Promise<TrafficWay> {
    const { supervisorPid, forwarders, resolveTarget } = this.#options;
    if (from === 'here') return forwarders.way(target, protocol);
    try {
      checkPlace(supervisorPid, from);
    } catch (error) {
      if (error instanceof UnknownPlaceError) throw contractError('NOT_FOUND', error.message);
      throw error;
    }
    const { address, port } = resolveTarget(target);
    const wrap = (argv: readonly string[]): [string, ...string[]] => inPlace(supervisorPid, from, argv);
    return { address, port, send: (plan, sending) => startProber({ plan, wrap, ...sending }) };
  }

  close(): void {
    this.#options.forwarders.closeAll();
  }
}
