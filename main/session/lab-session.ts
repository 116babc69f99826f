/** What the embedded lab alone has: pods that are made and troubled, traffic from its places, ways into it. */
import { join } from 'node:path';
import type { LabStatus, ResolvedTarget, TargetInLab } from '../../app/contract/lab.ts';
import type { Dialect } from '../../app/proxy/build-ruleset.ts';
import type { ProxyMode } from '../../app/proxy/configuration.ts';
import type { LabClient } from '../lab/api-server/registry/lab-client.ts';
import { PodMaker } from './pod-maker.ts';
import { Forwarders } from './traffic/forwarders.ts';
import { LabPlaces } from './traffic/lab-places.ts';
import { TrafficRuns } from './traffic/traffic-runs.ts';

/** What the commands ask. */
export interface LabAnswers {
  status(): LabStatus;
  setMode(mode: ProxyMode, dialect: Dialect): Promise<void>;
  setLoadBalancer(enabled: boolean): Promise<void>;
  relayStatistics(): Promise<unknown>;
  /** @throws TargetError */
  resolveTarget(target: string): TargetInLab;
}

/** What only the embedded lab has. */
export interface LabParts {
  answers: LabAnswers;
  /** Makes and troubles pods. */
  client: LabClient;
  /** The process whose namespaces requests are sent from. */
  supervisorPid: number;
  /** The client outside. */
  outside: { ipv4: string; ipv6: string };
}

export interface LabSessionOptions {
  readonly dataDir: string;
  readonly log: (line: string) => void;
  readonly resolveTarget: (target: string) => ResolvedTarget;
}

export class LabSession {
  readonly answers: LabAnswers;
  readonly pods: PodMaker;
  readonly forwarders: Forwarders;
  readonly traffic: TrafficRuns;

  constructor(
    { answers, client, supervisorPid }: LabParts,
    { dataDir, log, resolveTarget }: LabSessionOptions,
  ) {
    this.answers = answers;
    this.pods = new PodMaker(client);
    this.forwarders = new Forwarders({ supervisorPid, resolveTarget, log });
    const places = new LabPlaces({ supervisorPid, forwarders: this.forwarders, resolveTarget });
    this.traffic = new TrafficRuns({ folder: join(dataDir, 'traffic'), places, resolveTarget, log });
  }
}
