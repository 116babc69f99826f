/** What the cluster says should be on the node: as taken in, and what changed since. */
import type { EndpointSlice, IPFamily, Node, Service, ServiceCIDR } from '../../app/kubernetes/objects.ts';
import type { Capabilities, Dialect } from '../../app/proxy/build-ruleset.ts';
import type { ProxyConfiguration, ProxyMode } from '../../app/proxy/configuration.ts';
import type { ProxyNode } from '../../app/proxy/node.ts';
import { TriggerTimes } from '../../app/proxy/trigger-times.ts';
import type { Ruleset } from '../../app/ruleset/model.ts';
import { buildRulesets, nodeOf } from './build-rulesets.ts';
import { ClusterHistory } from './cluster-history.ts';
import { FamilyState } from './family-state.ts';

const FAMILIES: IPFamily[] = ['IPv4', 'IPv6'];

export interface ChangeCounts {
  /** Changes taken in since the start. */
  readonly services: number;
  readonly endpoints: number;
  /** Services that have changes which wait to be written. */
  readonly pendingServices: number;
  readonly pendingEndpoints: number;
}

/** Everything a write is made of. */
export interface ClusterParts {
  readonly states: readonly FamilyState[];
  readonly node: Node | undefined;
  readonly nodeName: string;
  readonly serviceCIDRs: readonly ServiceCIDR[];
}

export class ClusterState {
  readonly #options: { configuration: ProxyConfiguration; nodeName: string };
  readonly #onChange: () => void;
  readonly #states: readonly FamilyState[];
  readonly #counts = { services: 0, endpoints: 0 };
  #node: Node | undefined;
  #serviceCIDRs: readonly ServiceCIDR[] = [];
  readonly history = new ClusterHistory();
  readonly triggerTimes = new TriggerTimes(Date.now());

  /** @param onChange called when other rules may be wanted than before. */
  constructor(options: { configuration: ProxyConfiguration; nodeName: string }, onChange: () => void) {
    this.#options = options;
    this.#onChange = onChange;
    this.#states = FAMILIES.map((family) => new FamilyState(family, options.nodeName));
  }

  get parts(): ClusterParts {
    const { nodeName } = this.#options;
    return { states: this.#states, node: this.#node, nodeName, serviceCIDRs: this.#serviceCIDRs };
  }

  get changes(): ChangeCounts {
    const waiting = (count: (state: FamilyState) => number): number => Math.max(...this.#states.map(count));
    return {
      ...this.#counts,
      pendingServices: waiting(({ services }) => services.pendingCount),
      pendingEndpoints: waiting(({ endpoints }) => endpoints.pendingCount),
    };
  }

  /** The node as the rules see it. */
  get proxyNode(): ProxyNode {
    return nodeOf({ ...this.#options, node: this.#node });
  }

  /** One ruleset a family, of what has been taken in. */
  rulesets(request: { mode: ProxyMode; dialect: Dialect; capabilities: Capabilities }): Ruleset[] {
    const { configuration } = this.#options;
    const { states, serviceCIDRs } = this.parts;
    return buildRulesets({ ...request, states, node: this.proxyNode, configuration, serviceCIDRs });
  }

  /** Takes in what waits, for a node that is not written. */
  takeIn(): void {
    for (const state of this.#states) {
      state.applyChanges();
      state.cleaned();
    }
  }

  serviceChanged(previous: Service | undefined, current: Service | undefined): void {
    this.history.serviceChanged(previous, current, Date.now());
    for (const state of this.#states) state.services.update(previous, current);
    this.#counts.services += 1;
    this.#tellIfPending();
  }

  sliceChanged(previous: EndpointSlice | undefined, current: EndpointSlice | undefined): void {
    this.history.sliceChanged(previous, current, Date.now());
    for (const state of this.#states) state.sliceChanged(previous, current);
    this.#counts.endpoints += 1;
    if (current) this.triggerTimes.note(current);
    this.#tellIfPending();
  }

  /** Of the Node, labels, pod CIDRs and addresses decide about rules. */
  nodeChanged(current: Node | undefined): void {
    const relevant = (node: Node | undefined): string =>
      JSON.stringify([node?.metadata?.labels, node?.spec?.podCIDRs, node?.status?.addresses]);
    const isOther = relevant(current) !== relevant(this.#node);
    this.#node = current;
    if (isOther) this.#onChange();
  }

  serviceCIDRsChanged(current: readonly ServiceCIDR[]): void {
    this.#serviceCIDRs = current;
    this.#onChange();
  }

  #tellIfPending(): void {
    if (this.#states.some((state) => state.pending)) this.#onChange();
  }
}
