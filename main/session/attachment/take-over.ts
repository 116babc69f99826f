/** Becomes a node's kube-proxy, where nobody else is. */
import type { Doubt, Rival } from '../../../app/contract/attachment.ts';
import { MissingToolError } from '../../engine/missing-tool-error.ts';
import { contractError } from '../refusals.ts';
import type { TakeOverRequest } from './attachment.ts';
import type { OpenNode } from './open-node.ts';

/** @throws ORPCError REFUSED, UNSUPPORTED; the node is then as it was */
export async function takeOver(
  { engine, target, rivals, mode: observed }: OpenNode,
  doubts: readonly Doubt[],
  { mode, dialect, accept }: TakeOverRequest,
): Promise<void> {
  refuse(await rivals.find(), accept);
  if (doubts.length > 0 && !accept) {
    throw contractError('REFUSED', "the place does not look like the cluster's node: say first that it is");
  }
  await target.attaching.markWriter({ writes: true });
  try {
    // Two that look at the same moment see each other's mark, if not each other.
    refuse(await rivals.find(), accept);
    await engine.takeOver(mode, dialect);
  } catch (error) {
    await target.handBack?.();
    await target.attaching.markWriter({ writes: false });
    await observed.read();
    throw error instanceof MissingToolError ? contractError('UNSUPPORTED', error.message) : error;
  }
}

function refuse(rivals: readonly Rival[], accept: boolean): void {
  const inTheWay = rivals.filter(({ mayBeNone }) => !(mayBeNone && accept));
  if (inTheWay.length === 0) return;
  const who = inTheWay.map(({ name, pid }) => (pid === null ? name : `${name} (process ${pid})`));
  throw contractError('REFUSED', `another kube-proxy writes this node: ${[...new Set(who)].join(', ')}`);
}
