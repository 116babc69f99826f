/** The places of a cluster that is not the lab: this computer, and its pods over the API. */
import type { ResolvedTarget } from '../../../app/contract/lab.ts';
import type { TrafficPlan } from '../../../app/contract/traffic.ts';
import type { ClusterConnection } from '../../cluster/cluster-connection.ts';
import { contractError } from '../refusals.ts';
import { PodPlace } from './pod-place.ts';
import { sendFromHere } from './send-from-here.ts';
import type { TrafficPlaces, TrafficWay } from './traffic-places.ts';

export interface ClusterPlacesOptions {
  connection: ClusterConnection;
  /** @throws ORPCError NOT_FOUND */
  resolveTarget: (target: string) => ResolvedTarget;
}

export class ClusterPlaces implements TrafficPlaces {
  readonly #options: ClusterPlacesOptions;

  constructor(options: ClusterPlacesOptions) {
    this.#options = options;
  }

  async way(plan: TrafficPlan, protocol: 'TCP' | 'UDP'): Promise<TrafficWay> {
    const { from, target, at } = plan;
    const { address, port } = at ?? this.#options.resolveTarget(target);
    if (from.startsWith('pod/')) return this.#fromPod(plan, protocol, { address, port });
    if (from !== 'here') {
      throw contractError('NOT_FOUND', `${from} is no place of this cluster that requests can be sent from`);
    }
    return { address, port, send: sendFromHere };
  }

  async #fromPod(
    { from, agreed, requests, concurrency, protocol: asked }: TrafficPlan,
    protocol: 'TCP' | 'UDP',
    to: { address: string; port: number },
  ): Promise<TrafficWay> {
    const place = new PodPlace(this.#options.connection, from);
    if (!agreed) throw contractError('REFUSED', `nobody has agreed to commands being run in ${from}`);
    place.assertModest({ requests, concurrency, protocol: protocol === 'UDP' ? 'udp' : (asked ?? 'http') });
    const program = await place.program();
    return { ...to, send: (plan, sending) => place.send(program, plan, sending) };
  }

  close(): void {}
}
