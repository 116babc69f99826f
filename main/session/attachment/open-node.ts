/** Opens the node at a place, to be observed: a helper that works on it, an engine that knows what should be there. */
import type { AttachmentState } from '../../../app/contract/attachment.ts';
import type { ProxyConfiguration } from '../../../app/proxy/configuration.ts';
import { describeRunningProxy } from '../../../app/verify/running-proxy.ts';
import type { ClusterConnection } from '../../cluster/cluster-connection.ts';
import { reasonOf } from '../../cluster/connection-problem.ts';
import { Engine } from '../../engine/engine.ts';
import { MissingToolError } from '../../engine/missing-tool-error.ts';
import type { NodeIdentity } from '../../helper/attaching-verbs.ts';
import { needsElevation } from '../../targets/offered-places.ts';
import { type OpenTarget, openTarget } from '../../targets/open-target.ts';
import type { TargetSpec } from '../../targets/target-spec.ts';
import { readRunningProxy } from '../../verification/read-running-proxy.ts';
import { ObservedMode } from './observed-mode.ts';
import { LostNodeError } from './problem.ts';
import { Rivals } from './rivals.ts';

export type AttachingStep = Extract<AttachmentState, { state: 'attaching' }>['step'];

export interface OpenNodeOptions {
  readonly spec: TargetSpec;
  readonly nodeName: string;
  readonly connection: ClusterConnection;
  /** Where the cluster does not tell how its kube-proxy is configured. */
  readonly configuration: ProxyConfiguration;
  /** Of the kubeconfig. */
  readonly context: string;
  readonly signal: AbortSignal;
  readonly step: (step: AttachingStep) => void;
  readonly log: (line: string) => void;
}

export interface OpenNode {
  readonly target: OpenTarget;
  readonly engine: Engine;
  readonly identity: NodeIdentity;
  readonly rivals: Rivals;
  /** Of the rules that somebody else wrote. */
  readonly mode: ObservedMode;
  readonly elevated: boolean;
  /** Lets go of the node, which is then as it was before the first write. */
  close(): Promise<void>;
}

/** An edit's rules are soon there; a burst of changes is one write all the same. */
const MIN_SYNC_INTERVAL_MS = 100;

/**
 * What was begun is ended where it fails, or is given up.
 * @throws TargetError, PlaceError, ElevationError, MissingToolError, LostNodeError
 */
export async function openNode(options: OpenNodeOptions): Promise<OpenNode> {
  const { spec, signal, step } = options;
  const elevated = needsElevation(spec);
  step(elevated ? 'elevation' : 'open');
  const target = await openTarget(spec, { undo: true, elevate: elevated, signal });
  const pieces: (() => Promise<void> | void)[] = [() => target.close()];
  const close = async (): Promise<void> => {
    for (const end of pieces.splice(0)) await end();
  };
  /** Whichever comes first: what is waited for, the node's end, or no more patience. */
  const orEnd = <Result>(work: Promise<Result>): Promise<Result> =>
    Promise.race([work, target.ended.then(() => Promise.reject(new LostNodeError())), givenUp(signal)]);
  try {
    step('probe');
    const identity = await orEnd(target.attaching.identify({}));
    step('list');
    const configuration = await orEnd(configurationOf(options));
    const engine = observingEngine({ ...options, configuration }, target);
    pieces.unshift(() => engine.stop());
    await orEnd(engine.start());
    refuseWithoutTools(engine, target);
    const mode = new ObservedMode({ engine, target });
    pieces.unshift(() => mode.close());
    await orEnd(mode.read());
    const rivals = new Rivals({ ...options, objects: options.connection.objects, engine, target });
    pieces.unshift(() => rivals.close());
    await orEnd(rivals.find());
    return { target, engine, identity, rivals, mode, elevated, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function givenUp(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const give = (): void => reject(signal.reason);
    if (signal.aborted) give();
    else signal.addEventListener('abort', give, { once: true });
  });
}

/** What the node's own kube-proxy is configured with: its rules are right or wrong by that, and ours go on from there. */
async function configurationOf({
  connection,
  nodeName,
  configuration,
  log,
}: OpenNodeOptions): Promise<ProxyConfiguration> {
  try {
    const proxy = await readRunningProxy(connection.kubeConfig, nodeName);
    for (const note of proxy.notes) log(`${nodeName}: ${note}`);
    if (proxy.source.kind === 'defaults') return configuration;
    log(`${nodeName}: configured by ${describeRunningProxy(proxy)}`);
    return proxy.configuration;
  } catch (error) {
    log(`${nodeName}: how its kube-proxy is configured could not be asked: ${reasonOf(error)}`);
    return configuration;
  }
}

function observingEngine(
  { connection, nodeName, configuration, log }: OpenNodeOptions,
  target: OpenTarget,
): Engine {
  return new Engine({
    kubeConfig: connection.kubeConfig,
    nodeName,
    target,
    configuration,
    mode: configuration.mode === 'ipvs' ? 'iptables' : configuration.mode,
    dialect: 'current',
    minSyncIntervalMs: MIN_SYNC_INTERVAL_MS,
    way: 'observe',
    log,
  });
}

/** A node that neither tool can read has nothing to show. */
function refuseWithoutTools({ capabilities }: Engine, target: OpenTarget): void {
  if (!capabilities || capabilities.iptables.available || capabilities.nft.available) return;
  throw new MissingToolError(target.name, 'iptables', capabilities.iptables.reason);
}
