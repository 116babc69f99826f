/** The places of a cluster that is not the lab: this computer. */
import type { ResolvedTarget } from '../../../app/contract/lab.ts';
import type { TrafficPlan } from '../../../app/contract/traffic.ts';
import { contractError } from '../refusals.ts';
import { sendFromHere } from './send-from-here.ts';
import type { TrafficPlaces, TrafficWay } from './traffic-places.ts';

export interface ClusterPlacesOptions {
  /** @throws ORPCError NOT_FOUND */
  resolveTarget: (target: string) => ResolvedTarget;
}

export class ClusterPlaces implements TrafficPlaces {
  readonly #options: ClusterPlacesOptions;

  constructor(options: ClusterPlacesOptions) {
    this.#options = options;
  }

  async way({ from, target, at }: TrafficPlan): Promise<TrafficWay> {
    if (from !== 'here') {
      throw contractError('NOT_FOUND', `${from} is no place of this cluster that requests can be sent from`);
    }
    const { address, port } = at ?? this.#options.resolveTarget(target);
    return { address, port, send: sendFromHere };
  }

  close(): void {}
}
