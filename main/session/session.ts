/** What answers the contract for the chosen cluster: one for all windows, put together of its parts. */
import type { ChosenCluster, ClusterKind } from '../../app/contract/clusters.ts';
import type { Diagnosis } from '../../app/contract/diagnosis.ts';
import type { EngineState } from '../../app/contract/engine.ts';
import type { ResolvedTarget } from '../../app/contract/lab.ts';
import type { ObjectName } from '../../app/contract/objects.ts';
import type { Template } from '../../app/contract/services.ts';
import type { WaysToTarget } from '../../app/contract/traffic.ts';
import { ClusterIndex } from '../../app/diagnosis/cluster-index.ts';
import { diagnose } from '../../app/diagnosis/diagnose.ts';
import { engineFacts } from '../../app/diagnosis/engine-facts.ts';
import { TargetError } from '../../app/probe/target.ts';
import type { Dialect } from '../../app/proxy/build-ruleset.ts';
import type { ProxyConfiguration, ProxyMode } from '../../app/proxy/configuration.ts';
import type { ClusterConnection } from '../cluster/cluster-connection.ts';
import { Permissions } from '../cluster/permissions.ts';
import { MissingToolError } from '../engine/missing-tool-error.ts';
import { resourceFolder } from '../program-files.ts';
import type { NodeTarget } from '../targets/node-target.ts';
import type { ClusterOfPlaces } from '../targets/offered-places.ts';
import type { LiveVerification } from '../verification/live-verification.ts';
import type { AttachedNode, NodeAddresses } from './attached-node.ts';
import { Attachment } from './attachment/attachment.ts';
import { OfferedPlaces } from './attachment/offered.ts';
import { clusterNode } from './cluster-node.ts';
import { Exports } from './exports.ts';
import { type LabParts, LabSession } from './lab-session.ts';
import { LiveCluster } from './live-cluster.ts';
import { LiveEngine } from './live-engine.ts';
import type { LiveNode } from './live-node.ts';
import { NodeParts } from './node-parts.ts';
import type { PodMaker } from './pod-maker.ts';
import { contractError } from './refusals.ts';
import type { LiveRules } from './rules/live-rules.ts';
import { ServiceEditor } from './service-editor.ts';
import { readTemplates } from './templates.ts';
import { targetIn } from './traffic/cluster-target.ts';
import { ContextTraffic } from './traffic/context-traffic.ts';
import type { Forwarders } from './traffic/forwarders.ts';
import type { TrafficRuns } from './traffic/traffic-runs.ts';
import { unavailable, unavailableAbilities } from './unavailable.ts';
import { type WantedRequest, type WantedRules, wantedRules } from './wanted-rules.ts';

export interface SessionParts {
  connection: ClusterConnection;
  /** The file that the cluster's context is from. */
  kubeconfigPath: string;
  /** Of the kubeconfig; null for the lab. */
  context: { name: string; kind: ClusterKind } | null;
  /** Attached from the beginning; else the attachment does it. */
  node: AttachedNode | null;
  lab: LabParts | null;
  configuration: ProxyConfiguration;
  dataDir: string;
  version: string;
  log: (line: string) => void;
}

const NO_WAYS: WaysToTarget = { provider: 'other', node: 'unknown', ways: [], gaps: [] };

export class Session {
  readonly cluster: LiveCluster;
  readonly services: ServiceEditor;
  readonly exports: Exports;
  readonly permissions: Permissions;
  /** The node, where it is not the lab's own. */
  readonly attachment: Attachment;
  readonly places: OfferedPlaces;
  readonly #parts: SessionParts;
  readonly #labSession: LabSession | null;
  readonly #contextTraffic: ContextTraffic | null;
  readonly #listeners = new Set<() => void>();
  readonly #stopListening: () => void;
  #node: NodeParts | null;
  #engine: LiveEngine;
  #templates: Template[] | undefined;

  constructor(parts: SessionParts) {
    const { connection } = parts;
    this.#parts = parts;
    this.cluster = new LiveCluster(connection);
    this.services = new ServiceEditor(connection.api, parts.lab ? 'replace' : 'apply');
    this.permissions = new Permissions(connection.api);
    this.exports = new Exports({
      objects: connection.objects,
      nodeName: () => this.#nodeAddresses.name,
      wantedRules: (request) => this.wantedRules(request),
    });
    this.#labSession =
      parts.lab && new LabSession(parts.lab, { ...parts, resolveTarget: (text) => this.resolveTarget(text) });
    this.#contextTraffic = parts.context && this.#openTraffic(parts.context);
    this.#node = this.#openNode(parts.node);
    this.#engine = this.#openEngine();
    this.attachment = this.#openAttachment();
    this.places = new OfferedPlaces(() => this.#clusterOfPlaces, parts.log);
    this.#stopListening = connection.onChange(() => this.#changed());
  }

  get engine(): LiveEngine {
    return this.#engine;
  }

  /** @throws ORPCError UNSUPPORTED where no node is attached, as do all that need one */
  get rules(): LiveRules {
    return this.#attached.rules;
  }

  get node(): LiveNode {
    return this.#attached.node;
  }

  get verification(): LiveVerification {
    return this.#attached.verification;
  }

  get target(): NodeTarget {
    return this.#attached.attached.target;
  }

  /** @throws ORPCError UNSUPPORTED elsewhere than in the lab, as do all that only the lab has */
  get pods(): PodMaker {
    return this.#lab.pods;
  }

  get traffic(): TrafficRuns {
    return this.#contextTraffic?.runs ?? this.#lab.traffic;
  }

  /** The lab's own places have no other ways. @throws ORPCError NOT_FOUND */
  async waysTo(target: string): Promise<WaysToTarget> {
    return (await this.#contextTraffic?.ways(target)) ?? NO_WAYS;
  }

  get forwarders(): Forwarders {
    return this.#lab.forwarders;
  }

  /** Asks the cluster anew, at once. */
  retry(): void {
    this.#parts.connection.retry();
  }

  /** How the cluster fares, and what it cannot do. */
  get state(): Omit<ChosenCluster, 'id'> {
    return {
      connection: this.#parts.connection.state,
      unavailable: unavailableAbilities({
        lab: this.#labSession !== null,
        node: this.#node !== null,
        writing: this.#node?.attached.engine.way === 'take-over',
      }),
    };
  }

  /** Calls back when `state` has become another one; the returned function ends that. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** @throws ORPCError NOT_FOUND */
  diagnose({ namespace, name }: ObjectName): Diagnosis[] {
    const { state } = this.cluster;
    const service = state.services.find(
      ({ metadata }) => metadata.namespace === namespace && metadata.name === name,
    );
    if (!service) throw contractError('NOT_FOUND', `there is no Service ${namespace}/${name}`);
    return diagnose(service, new ClusterIndex(state), engineFacts(this.engine.state));
  }

  /** @throws ORPCError NOT_FOUND */
  resolveTarget(target: string): ResolvedTarget {
    try {
      return this.#labSession?.answers.resolveTarget(target) ?? this.#targetIn(target);
    } catch (error) {
      if (error instanceof TargetError) throw contractError('NOT_FOUND', error.message);
      throw error;
    }
  }

  async setLoadBalancer(enabled: boolean): Promise<EngineState> {
    await this.#lab.answers.setLoadBalancer(enabled);
    return this.#engine.factsChanged();
  }

  get templates(): Template[] {
    this.#templates ??= readTemplates(resourceFolder('templates'));
    return this.#templates;
  }

  /** @throws MissingToolError where the node cannot do the mode */
  async wantedRules(request: WantedRequest): Promise<WantedRules> {
    const { configuration, connection } = this.#parts;
    const attached = this.#node?.attached ?? null;
    const nft = attached?.engine.capabilities?.nft;
    if (attached && request.mode === 'nftables' && nft?.available === false) {
      throw new MissingToolError(attached.target.name, 'nft', nft.reason, 'nftables');
    }
    const { objects } = connection;
    return wantedRules({ attached, objects, configuration, nodeName: this.#nodeAddresses.name }, request);
  }

  /** Ends what windows follow, hands back a node that was taken over, and ends the connection; the lab's node stays the lab's. */
  async close(): Promise<void> {
    this.#stopListening();
    this.#listeners.clear();
    await this.traffic.close();
    this.cluster.close();
    this.places.close();
    await this.attachment.close();
    this.#closeNode();
    await this.#parts.connection.close();
  }

  get #attached(): NodeParts {
    if (!this.#node) throw unavailable('no-node');
    return this.#node;
  }

  get #lab(): LabSession {
    if (!this.#labSession) throw unavailable('lab-only');
    return this.#labSession;
  }

  get #nodeAddresses(): NodeAddresses {
    return clusterNode(this.#parts.connection.objects, this.#node?.attached.nodeName);
  }

  #openAttachment(): Attachment {
    const { connection, configuration, context, log } = this.#parts;
    const attachment = new Attachment({
      connection,
      configuration,
      context: context?.name ?? null,
      show: (node) => this.#show(node),
      build: (mode, dialect) => this.#rulesOfAll(mode, dialect),
      log,
    });
    // Its way decides what can be done.
    attachment.onChange(() => this.#changed());
    return attachment;
  }

  get #clusterOfPlaces(): ClusterOfPlaces | null {
    const { context, connection } = this.#parts;
    const nodes = connection.objects.list('nodes').map(({ metadata }) => metadata.name);
    return context && { context, nodes };
  }

  #openTraffic(context: { name: string; kind: ClusterKind }): ContextTraffic {
    const resolveTarget = (text: string): ResolvedTarget => this.resolveTarget(text);
    return new ContextTraffic({ ...this.#parts, context, resolveTarget });
  }

  /** The mode is known where a node is attached. */
  #targetIn(text: string): ResolvedTarget {
    const { ipv4, ipv6 } = this.#nodeAddresses;
    const addresses = [ipv4, ipv6].filter((address) => address !== '');
    const { mode = null, dialect = null } = this.#node?.attached.engine ?? {};
    return { ...targetIn(this.#parts.connection.objects, addresses, text), mode, dialect };
  }

  #openNode(attached: AttachedNode | null): NodeParts | null {
    const { log } = this.#parts;
    return attached && new NodeParts(attached, { addresses: () => this.#nodeAddresses, log });
  }

  #openEngine(): LiveEngine {
    const { connection, kubeconfigPath, lab, version, configuration } = this.#parts;
    return new LiveEngine({
      engine: this.#node?.attached.engine ?? null,
      connection,
      mode: configuration.mode === 'ipvs' ? 'iptables' : configuration.mode,
      facts: () => ({
        node: this.#nodeAddresses,
        client: lab?.outside ?? null,
        kubeconfig: kubeconfigPath,
        loadBalancer: lab ? lab.answers.status().loadBalancer : null,
        version,
      }),
      build: (mode, dialect) => this.#rulesOfAll(mode, dialect),
    });
  }

  #rulesOfAll(mode: ProxyMode, dialect: Dialect): Promise<WantedRules> {
    return this.wantedRules({ mode, dialect, families: ['IPv4', 'IPv6'], services: null });
  }

  #closeNode(): void {
    this.#engine.close();
    this.#node?.close();
  }

  /**
   * Makes a node the one whose rules are shown, or none. What windows follow of the one before ends; they ask anew and
   * get the new one's. Engine and target stay their owner's, to stop and to close.
   */
  #show(node: AttachedNode | null): void {
    this.#closeNode();
    this.#node = this.#openNode(node);
    this.#engine = this.#openEngine();
    this.#changed();
  }

  #changed(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}
