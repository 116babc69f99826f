/**
 * The lab as one program: supervisor, API server and engine put together, and the contract's answers.
 * The composition root of everything but the window.
 */
import { release } from 'node:os';
import type { ClusterKind } from '../../app/contract/clusters.ts';
import type { LabStatus } from '../../app/contract/lab.ts';
import type { Pod } from '../../app/kubernetes/objects.ts';
import { addressPlan } from '../../app/lab/address-plan.ts';
import type { Dialect } from '../../app/proxy/build-ruleset.ts';
import type { ProxyConfiguration, ProxyMode } from '../../app/proxy/configuration.ts';
import { connectTo } from '../cluster/cluster-connection.ts';
import type { KubeContext } from '../cluster/kube-context.ts';
import { Engine } from '../engine/engine.ts';
import { KindClusters } from '../kind/kind-clusters.ts';
import { ContextClusters } from '../session/context-clusters.ts';
import type { LabAnswers } from '../session/lab-session.ts';
import { Session } from '../session/session.ts';
import type { SessionContext } from '../session/session-context.ts';
import { SettingsStore } from '../session/settings.ts';
import { targetIn } from '../session/traffic/cluster-target.ts';
import { type OpenLab, Workspace } from '../session/workspace.ts';
import { startControlServer } from '../shells/control/control-server.ts';
import type { OpenShell, Shell } from '../shells/shell.ts';
import type { NodeTarget } from '../targets/node-target.ts';
import { kubeconfigPathIn, type LabApiServer, startLabApiServer } from './api-server/start.ts';
import { explainFileError } from './data-folder-error.ts';
import { labConnection } from './lab-connection.ts';
import { type LabProcess, startLabProcess } from './lab-process.ts';
import { labTarget } from './lab-target.ts';
import { DataFolderLock } from './running-lab.ts';

export interface LabHostOptions {
  dataDir: string;
  mode: ProxyMode;
  dialect: Dialect;
  configuration: ProxyConfiguration;
  /** One line for people about something that happened. */
  log: (line: string) => void;
  /** What is being done now, while the lab starts. */
  progress: (what: string) => void;
  /** Shows the user interface; none without it. Asked before the lab is up. */
  openShell?: OpenShell;
}

/** An edit's rules should be there before the eye moves from the editor to them. */
const MIN_SYNC_INTERVAL_MS = 20;

export interface LabHost extends LabAnswers {
  readonly kubeconfigPath: string;
  readonly nodeIP: string;
  /** Resolves with the reason when the lab ends by itself. */
  readonly ended: Promise<string>;
  /** Ends everything; the lab's rules go with the lab. */
  close(): Promise<void>;
}

/** The pieces of a lab that is up, or on its way; closed in the reverse order of their start. */
class Pieces {
  readonly #closers: (() => Promise<void> | void)[] = [];

  onClose(close: () => Promise<void> | void): void {
    this.#closers.unshift(close);
  }

  async close(): Promise<void> {
    for (const close of this.#closers.splice(0)) await close();
  }
}

function startApiServer(options: LabHostOptions, lab: Promise<LabProcess>): Promise<LabApiServer> {
  const { node, services, pods } = addressPlan;
  return startLabApiServer({
    dataDir: options.dataDir,
    serviceCIDRs: [services.ipv4, services.ipv6],
    podCIDRs: [pods.ipv4, pods.ipv6],
    node: { name: addressPlan.nodeName, addresses: [node.ipv4, node.ipv6] },
    podRuntime: {
      start: async (pod) => (await lab).verbs.startPod(pod),
      stop: async (uid) => (await lab).verbs.stopPod({ uid }),
    },
    log: options.log,
  });
}

function podStatuses(api: LabApiServer): LabStatus['pods'] {
  return api.store.list<Pod>('pods').map((pod) => ({
    namespace: pod.metadata?.namespace ?? '',
    name: pod.metadata?.name ?? '',
    ip: pod.status?.podIP ?? '',
    phase: pod.metadata?.deletionTimestamp ? 'Terminating' : (pod.status?.phase ?? 'Pending'),
    ready: (pod.status?.conditions ?? []).some(({ type, status }) => type === 'Ready' && status === 'True'),
  }));
}

/**
 * Starts a lab on a data folder. Rejects with LabRunningError, DataFolderError or LabStartError, or whatever failed; then
 * nothing half-done stays.
 */
export async function startLabHost(options: LabHostOptions): Promise<LabHost> {
  const pieces = new Pieces();
  try {
    const lock = DataFolderLock.take(options.dataDir);
    pieces.onClose(() => lock.release());
    return await assemble(options, pieces, lock);
  } catch (error) {
    await pieces.close();
    throw explainFileError(error, options.dataDir);
  }
}

async function assemble(options: LabHostOptions, pieces: Pieces, lock: DataFolderLock): Promise<LabHost> {
  const up = Promise.withResolvers<OpenLab>();
  // Nobody may be asking yet; whoever does is told.
  up.promise.catch(() => {});
  pieces.onClose(() => up.reject(new Error('the lab has ended')));
  const settings = new SettingsStore(options.dataDir, options.log);
  pieces.onClose(() => settings.close());
  const contexts = new ContextClusters({
    dataDir: options.dataDir,
    labKubeconfig: kubeconfigPathIn(options.dataDir),
  });
  pieces.onClose(() => contexts.close());
  const workspace = new Workspace({
    lab: up.promise,
    contexts,
    openContext: (context) => contextSession(options, context, contexts.kindOf(context)),
    log: options.log,
  });
  pieces.onClose(() => workspace.close());
  const kind = new KindClusters(options.log);
  pieces.onClose(() => kind.close());
  const context: SessionContext = { settings, workspace, kind, log: options.log };
  const starting = startLabProcess((text) => options.log(text.trimEnd()));
  // Shell or API server may fail first; this one's failure is looked at below in any case.
  starting.catch(() => {});
  pieces.onClose(async () => (await starting.catch(() => undefined))?.close());
  const shell = await options.openShell?.(context);
  if (shell) pieces.onClose(() => shell.close());
  options.progress('Making the node and the client');
  const api = await startApiServer(options, starting);
  pieces.onClose(() => api.close());
  const lab = await starting;
  options.progress('Watching the cluster, writing the first rules');
  const target = labTarget(lab);
  const engine = startingEngine(options, api, target);
  pieces.onClose(() => engine.stop());
  await engine.start();
  const answers = labAnswers({ api, lab, engine, shell });
  up.resolve({
    answers,
    openSession: () => labSession(options, { api, lab, node: { engine, target }, answers }),
  });
  const control = await startControlServer(context);
  pieces.onClose(() => control.close());
  lock.publish({
    supervisorPid: lab.supervisorPid,
    control: { url: control.url, token: control.token },
    kubeconfig: api.kubeconfigPath,
    nodeIP: addressPlan.node.ipv4,
  });
  let closing: Promise<void> | undefined;
  return {
    ...answers,
    kubeconfigPath: api.kubeconfigPath,
    nodeIP: addressPlan.node.ipv4,
    ended: lab.ended.then((how) => `the lab's supervisor has ended (${how})`),
    close: () => {
      closing ??= pieces.close();
      return closing;
    },
  };
}

/** A cluster of a kubeconfig: seen, and edited; its node is nobody's until one is attached. */
function contextSession(options: LabHostOptions, context: KubeContext, kind: ClusterKind): Session {
  const { configuration, dataDir, log } = options;
  return new Session({
    connection: connectTo(context),
    kubeconfigPath: context.file,
    context: { name: context.name, kind },
    node: null,
    lab: null,
    configuration,
    dataDir,
    version: __VERSION__,
    log,
  });
}

function labSession(
  options: LabHostOptions,
  parts: {
    api: LabApiServer;
    lab: LabProcess;
    node: { engine: Engine; target: NodeTarget };
    answers: LabAnswers;
  },
): Session {
  const { api, lab, node, answers } = parts;
  const { configuration, dataDir, log } = options;
  return new Session({
    connection: labConnection(api),
    kubeconfigPath: api.kubeconfigPath,
    context: null,
    node: { ...node, nodeName: addressPlan.nodeName, place: 'embedded-lab', kernel: release() },
    lab: {
      answers,
      client: api.store.as('kube-proxy-lab-ui'),
      supervisorPid: lab.supervisorPid,
      outside: { ...addressPlan.client },
    },
    configuration,
    dataDir,
    version: __VERSION__,
    log,
  });
}

function startingEngine(options: LabHostOptions, api: LabApiServer, target: NodeTarget): Engine {
  return new Engine({
    kubeConfig: labConnection(api).kubeConfig,
    nodeName: addressPlan.nodeName,
    target,
    configuration: options.configuration,
    mode: options.mode,
    dialect: options.dialect,
    minSyncIntervalMs: MIN_SYNC_INTERVAL_MS,
    log: options.log,
  });
}

function labAnswers(parts: {
  api: LabApiServer;
  lab: LabProcess;
  engine: Engine;
  shell: Shell | undefined;
}): LabAnswers {
  const { api, lab, engine, shell } = parts;
  return {
    status: () => ({
      pid: process.pid,
      mode: engine.mode,
      dialect: engine.dialect,
      node: { name: addressPlan.nodeName, ...addressPlan.node },
      client: { ...addressPlan.client },
      pods: podStatuses(api),
      services: api.store.list('services').length,
      api: engine.connection,
      ...(engine.syncLog.last ? { lastSync: engine.syncLog.last } : {}),
      kubeconfig: api.kubeconfigPath,
      ui: shell?.url ?? null,
      loadBalancer: api.loadBalancer.enabled,
    }),
    setMode: (mode, dialect) => engine.setMode(mode, dialect),
    setLoadBalancer: async (enabled) => {
      await api.loadBalancer.set(enabled);
    },
    resolveTarget: (target) => ({
      ...targetIn(api.store, Object.values(addressPlan.node), target),
      mode: engine.mode,
      dialect: engine.dialect,
    }),
    relayStatistics: () => lab.verbs.relayStatistics({}),
  };
}
