/** Requests to a cluster that is not the lab, and the ways that there are to its Services. */
import { join } from 'node:path';
import type { ClusterKind } from '../../../app/contract/clusters.ts';
import type { ResolvedTarget } from '../../../app/contract/lab.ts';
import type { WaysToTarget } from '../../../app/contract/traffic.ts';
import type { Node } from '../../../app/kubernetes/objects.ts';
import { waysToServicePort } from '../../../app/reach/service-port-ways.ts';
import type { ClusterConnection } from '../../cluster/cluster-connection.ts';
import { contextId } from '../../cluster/kube-context.ts';
import { clusterSurroundings, type FoundSurroundings } from '../../targets/cluster-surroundings.ts';
import { ClusterPlaces } from './cluster-places.ts';
import { servicePortOf } from './cluster-target.ts';
import { TrafficRuns } from './traffic-runs.ts';

/** The runtimes are asked once for all questions of about the same time: a form asks with every letter. */
const SURROUNDINGS_HOLD_MS = 5_000;

export interface ContextTrafficOptions {
  connection: ClusterConnection;
  context: { name: string; kind: ClusterKind };
  kubeconfigPath: string;
  dataDir: string;
  /** @throws ORPCError NOT_FOUND */
  resolveTarget: (target: string) => ResolvedTarget;
  log: (line: string) => void;
}

export class ContextTraffic {
  readonly runs: TrafficRuns;
  readonly #options: ContextTrafficOptions;
  #surroundings: { at: number; found: Promise<FoundSurroundings> } | undefined;

  constructor(options: ContextTrafficOptions) {
    const { connection, kubeconfigPath, context, dataDir, resolveTarget, log } = options;
    this.#options = options;
    this.runs = new TrafficRuns({
      folder: join(dataDir, 'clusters', contextId(kubeconfigPath, context.name), 'traffic'),
      places: new ClusterPlaces({ connection, resolveTarget }),
      resolveTarget,
      log,
    });
  }

  /** @throws ORPCError NOT_FOUND */
  async ways(target: string): Promise<WaysToTarget> {
    const { connection, resolveTarget } = this.#options;
    const asked = servicePortOf(connection.objects, resolveTarget(target));
    const { surroundings, gaps } = await this.#around();
    const { provider, node } = surroundings;
    const ways = asked ? waysToServicePort(asked, surroundings) : [];
    return {
      provider,
      node,
      gaps: [...gaps],
      ways: ways.map(({ command, remedy, ...way }) => ({
        ...way,
        ...(command ? { command: [...command] } : {}),
        ...(remedy
          ? { remedy: remedy.how === 'command' ? { ...remedy, command: [...remedy.command] } : remedy }
          : {}),
      })),
    };
  }

  close(): Promise<void> {
    return this.runs.close();
  }

  #around(): Promise<FoundSurroundings> {
    const known = this.#surroundings;
    if (known && performance.now() - known.at < SURROUNDINGS_HOLD_MS) return known.found;
    const { connection, context } = this.#options;
    const nodes = connection.objects.list<Node>('nodes');
    const found = clusterSurroundings({ context: context.name, kind: context.kind, nodes });
    this.#surroundings = { at: performance.now(), found };
    return found;
  }
}
