/** The node whose rules a session shows, and the engine that writes or observes them. */
import type { Engine } from '../engine/engine.ts';
import type { NodeTarget } from '../targets/node-target.ts';

/** A node's name and addresses; an address that it does not have is empty. */
export interface NodeAddresses {
  name: string;
  ipv4: string;
  ipv6: string;
}

export interface AttachedNode {
  readonly engine: Engine;
  readonly target: NodeTarget;
  /** The Node object's name. */
  readonly nodeName: string;
  /** Where it is: `embedded-lab`, or a target: `netns:node-a`. */
  readonly place: string;
  /** The release of its kernel. */
  readonly kernel: string;
}
