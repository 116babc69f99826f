/** What answers the contract for a lab that is up: one for all windows, put together of its parts. */
import { readFileSync } from 'node:fs';
import type { Diagnosis } from '../../app/contract/diagnosis.ts';
import type { LabStatus, TargetInLab } from '../../app/contract/lab.ts';
import type { ObjectName } from '../../app/contract/objects.ts';
import type { Template } from '../../app/contract/services.ts';
import { ClusterIndex } from '../../app/diagnosis/cluster-index.ts';
import { diagnose } from '../../app/diagnosis/diagnose.ts';
import { engineFacts } from '../../app/diagnosis/engine-facts.ts';
import { addressPlan } from '../../app/lab/address-plan.ts';
import { TargetError } from '../../app/probe/target.ts';
import type { Dialect } from '../../app/proxy/build-ruleset.ts';
import type { ProxyConfiguration, ProxyMode } from '../../app/proxy/configuration.ts';
import type { Engine } from '../engine/engine.ts';
import { MissingToolError } from '../engine/missing-tool-error.ts';
import type { LabApiServer } from '../lab/api-server/start.ts';
import type { LabProcess } from '../lab/lab-process.ts';
import { resourceFolder } from '../program-files.ts';
import type { NodeTarget } from '../targets/node-target.ts';
import { ClusterApi } from './cluster-api.ts';
import { Exports } from './exports.ts';
import { LiveCluster } from './live-cluster.ts';
import { LiveEngine } from './live-engine.ts';
import { LiveNode } from './live-node.ts';
import { PodMaker } from './pod-maker.ts';
import { contractError } from './refusals.ts';
import { LiveRules } from './rules/live-rules.ts';
import { ServiceEditor } from './service-editor.ts';
import { readTemplates } from './templates.ts';
import { Forwarders } from './traffic/forwarders.ts';
import { TrafficRuns } from './traffic/traffic-runs.ts';
import { type WantedRequest, type WantedRules, wantedRules } from './wanted-rules.ts';

/** What the commands ask. */
export interface LabAnswers {
  status(): LabStatus;
  setMode(mode: ProxyMode, dialect: Dialect): Promise<void>;
  setLoadBalancer(enabled: boolean): Promise<void>;
  relayStatistics(): Promise<unknown>;
  /** @throws TargetError */
  resolveTarget(target: string): TargetInLab;
}

export interface SessionParts {
  answers: LabAnswers;
  api: LabApiServer;
  lab: LabProcess;
  engine: Engine;
  target: NodeTarget;
  configuration: ProxyConfiguration;
  dataDir: string;
  version: string;
  log: (line: string) => void;
}

export class Session {
  readonly lab: LabAnswers;
  readonly cluster: LiveCluster;
  readonly engine: LiveEngine;
  readonly rules: LiveRules;
  readonly target: NodeTarget;
  readonly services: ServiceEditor;
  readonly pods: PodMaker;
  readonly node: LiveNode;
  readonly exports: Exports;
  readonly traffic: TrafficRuns;
  readonly forwarders: Forwarders;
  readonly #parts: SessionParts;
  #templates: Template[] | undefined;

  constructor(parts: SessionParts) {
    const { api, engine, target, log } = parts;
    const client = api.store.as('kube-proxy-lab-ui');
    this.#parts = parts;
    this.lab = parts.answers;
    this.target = target;
    this.cluster = new LiveCluster(client);
    this.engine = new LiveEngine({
      engine,
      facts: {
        node: { name: addressPlan.nodeName, ...addressPlan.node },
        client: { ...addressPlan.client },
        kubeconfig: api.kubeconfigPath,
        version: parts.version,
      },
      loadBalancer: api.loadBalancer,
      build: (mode, dialect) =>
        this.wantedRules({ mode, dialect, families: ['IPv4', 'IPv6'], services: null }),
    });
    this.rules = new LiveRules({ engine, target, log });
    this.services = new ServiceEditor(
      new ClusterApi({ url: api.url, ca: readFileSync(api.caPath, 'utf8'), token: api.token }),
    );
    this.pods = new PodMaker(client);
    this.node = new LiveNode({ engine, target, log });
    this.exports = new Exports({
      client,
      nodeName: addressPlan.nodeName,
      wantedRules: (request) => this.wantedRules(request),
    });
    const { supervisorPid } = parts.lab;
    const resolve = (text: string): TargetInLab => this.resolveTarget(text);
    this.forwarders = new Forwarders({ supervisorPid, resolveTarget: resolve, log });
    this.traffic = new TrafficRuns({
      dataDir: parts.dataDir,
      supervisorPid,
      forwarders: this.forwarders,
      resolveTarget: resolve,
      log,
    });
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
  resolveTarget(target: string): TargetInLab {
    try {
      return this.lab.resolveTarget(target);
    } catch (error) {
      if (error instanceof TargetError) throw contractError('NOT_FOUND', error.message);
      throw error;
    }
  }

  get templates(): Template[] {
    this.#templates ??= readTemplates(resourceFolder('templates'));
    return this.#templates;
  }

  /** @throws MissingToolError where the node cannot do the mode */
  async wantedRules(request: WantedRequest): Promise<WantedRules> {
    const { engine, target, configuration, api } = this.#parts;
    const nft = engine.capabilities?.nft;
    if (request.mode === 'nftables' && nft?.available === false) {
      throw new MissingToolError(target.name, 'nft', nft.reason, 'nftables');
    }
    return wantedRules(
      { engine, target, client: api.store, configuration, nodeName: addressPlan.nodeName },
      request,
    );
  }

  async close(): Promise<void> {
    await this.traffic.close();
    this.forwarders.closeAll();
    this.cluster.close();
    this.engine.close();
    this.rules.close();
    this.node.close();
  }
}
