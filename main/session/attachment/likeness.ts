/** Whether a place looks like the cluster's node: its addresses and its machine against the Node object. */
import { isValid, parse } from 'ipaddr.js';
import type { Doubt, PlaceKind } from '../../../app/contract/attachment.ts';
import type { Node } from '../../../app/kubernetes/objects.ts';
import type { NodeIdentity } from '../../helper/attaching-verbs.ts';

/** A place may have many: a person compares a few. */
const MOST_TOLD = 8;

/** None where something says that it is the node. */
export function doubtsOf(kind: PlaceKind, identity: NodeIdentity, node: Node | undefined): Doubt[] {
  const expected = canonical(
    (node?.status?.addresses ?? []).filter(({ type }) => type === 'InternalIP').map(({ address }) => address),
  );
  const found = canonical(identity.addresses);
  if (expected.some((address) => found.includes(address))) return [];
  // A namespace shares its machine with whatever else is there.
  const machines = kind === 'netns' ? [] : [node?.status?.nodeInfo?.machineID ?? '', identity.machineId];
  const canCompareMachines = machines.length > 0 && machines.every(Boolean);
  if (canCompareMachines && machines[0] === machines[1]) return [];
  if (expected.length > 0 && identity.addresses.length + Number(canCompareMachines) > 0) {
    return [{ code: 'addresses', expected, found: found.slice(0, MOST_TOLD) }];
  }
  if (canCompareMachines) {
    return [{ code: 'machine', expected: machines.slice(0, 1), found: machines.slice(1) }];
  }
  return [{ code: 'unknown', expected, found: found.slice(0, MOST_TOLD) }];
}

function canonical(addresses: readonly string[]): string[] {
  return addresses.filter((address) => isValid(address)).map((address) => parse(address).toString());
}
