/** Opens the node that a target names, and says in words why it cannot. */

import { type AttachingVerbs, attachingVerbHandlers } from '../helper/attaching-verbs.ts';
import { type ElevatedHelper, ElevationError, startElevatedHelper } from '../helper/elevated-helper.ts';
import { asOneself, withPrompt, withSudo } from '../helper/helper-starters.ts';
import { nodeVerbHandlers } from '../helper/node-verbs.ts';
import { RulesetMonitor } from '../helper/ruleset-monitor.ts';
import type { VerbClient, VerbHandlers } from '../helper/verb-channel.ts';
import { nodeAt } from './node-at.ts';
import type { NodeTarget } from './node-target.ts';
import { formatTargetSpec, TargetError, type TargetSpec } from './target-spec.ts';

/** A target that is open: what it holds (namespaces, the relay) goes with `close`; the node's rules stay. */
export interface OpenTarget extends NodeTarget {
  /** Which node it is, and who else writes it. */
  readonly attaching: VerbClient<AttachingVerbs>;
  /** Brings the node back to what it was before the first write; absent where nobody noted that. */
  handBack?: () => Promise<void>;
  /** Resolves when the helper has gone, asked or not; never where there is none. */
  readonly ended: Promise<void>;
  close(): Promise<void> | void;
}

export interface OpenTargetOptions {
  /** Where this user may not change the node, an elevated helper does, after the person was asked. */
  elevate?: boolean;
  /** What was written stays when the target is closed, also with a helper, which else undoes it. */
  keepRules?: boolean;
  /**
   * A helper works on the node in any case, also where this user may: it notes the node as it is before the first
   * write, and brings it back when the target is closed or this process ends, however it ends.
   */
  undo?: boolean;
  /** Gives up; what was begun is ended. */
  signal?: AbortSignal;
}

/** @throws TargetError, PlaceError, ElevationError */
export async function openTarget(spec: TargetSpec, options: OpenTargetOptions = {}): Promise<OpenTarget> {
  refuseWhatIsNone(spec);
  const isRoot = process.platform === 'linux' && process.getuid?.() === 0;
  if (!isRoot && options.elevate) return helpedTarget(spec, options, startWithElevation);
  if (!isRoot) needRoot(spec);
  if (options.undo) return helpedTarget(spec, options, (by) => startElevatedHelper(asOneself, by));
  return ownTarget(spec);
}

function refuseWhatIsNone(spec: TargetSpec): void {
  if (spec.kind === 'lab') {
    throw new TargetError(
      "the embedded lab's node has a kube-proxy of its own: `kube-proxy-lab lab mode` switches it, `kube-proxy-lab lab status` shows it",
    );
  }
  if ((spec.kind === 'host' || spec.kind === 'netns') && process.platform !== 'linux') {
    throw new TargetError(
      `${formatTargetSpec(spec)} needs Linux; nodes in containers and of minikube work everywhere`,
    );
  }
}

/** A container is whose user's the runtime says it is; a network is root's. */
function needRoot(spec: TargetSpec): void {
  if (spec.kind === 'host' || spec.kind === 'netns') {
    throw new TargetError(
      `${formatTargetSpec(spec)} is not this user's to change. Run the command as root (sudo kube-proxy-lab …), or let it ask for the right with --elevate`,
    );
  }
}

/** A node that this very process works on. */
async function ownTarget(spec: TargetSpec): Promise<OpenTarget> {
  const { place, listeners, close } = await nodeAt(spec);
  const monitor = new RulesetMonitor(place);
  return {
    name: formatTargetSpec(spec),
    verbs: asClient(nodeVerbHandlers(place, monitor)),
    userspace: listeners.userspace,
    healthChecks: listeners.healthChecks,
    attaching: asClient(attachingVerbHandlers(place, listeners.mark)),
    ended: new Promise(() => {}),
    close: () => {
      monitor.close();
      return close();
    },
  };
}

/** sudo where it asks for nothing, else the desktop's dialog. @throws ElevationError */
async function startWithElevation(by: { signal?: AbortSignal | undefined }): Promise<ElevatedHelper> {
  return startElevatedHelper(withSudo, by).catch((error: unknown) => {
    if (error instanceof ElevationError && error.code === 'no-agent') {
      return startElevatedHelper(withPrompt, by);
    }
    throw error;
  });
}

/** A node that a helper works on for us, which undoes what it did when we have gone. */
async function helpedTarget(
  spec: TargetSpec,
  { keepRules, signal }: OpenTargetOptions,
  start: (by: { signal?: AbortSignal | undefined }) => Promise<ElevatedHelper>,
): Promise<OpenTarget> {
  const helper = await start({ signal });
  const { verbs } = helper;
  try {
    await verbs.attach({ target: formatTargetSpec(spec) });
    if (keepRules) await verbs.leaveRules({});
    signal?.throwIfAborted();
  } catch (error) {
    await helper.close();
    throw new TargetError(error instanceof Error ? error.message : String(error), { cause: error });
  }
  return {
    name: formatTargetSpec(spec),
    verbs,
    userspace: {
      serve: (state) => verbs.serveServicePorts(state),
      statistics: () => verbs.relayStatistics({}),
    },
    healthChecks: { serve: (state) => verbs.serveHealthChecks(state) },
    attaching: verbs,
    ...(keepRules ? {} : { handBack: () => verbs.undo({}) }),
    ended: helper.ended,
    close: () => helper.close(),
  };
}

/** Verbs answered in this very process look as those of another do. */
function asClient<Table>(handlers: VerbHandlers<Table>): VerbClient<Table> {
  return Object.fromEntries(
    Object.entries(handlers).map(([name, handler]) => [
      name,
      async (args: never) => (handler as (args: never) => unknown)(args),
    ]),
  ) as unknown as VerbClient<Table>;
}
