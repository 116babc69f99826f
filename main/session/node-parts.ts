/** What there is while a node is attached: its rules, the rest of it, and what differs from what should be. */
import { LiveVerification } from '../verification/live-verification.ts';
import type { AttachedNode, NodeAddresses } from './attached-node.ts';
import { LiveNode } from './live-node.ts';
import { LiveRules } from './rules/live-rules.ts';

export interface NodePartsOptions {
  readonly addresses: () => NodeAddresses;
  readonly log: (line: string) => void;
}

export class NodeParts {
  readonly attached: AttachedNode;
  readonly rules: LiveRules;
  readonly node: LiveNode;
  readonly verification: LiveVerification;

  constructor(attached: AttachedNode, { addresses, log }: NodePartsOptions) {
    const { engine, target } = attached;
    this.attached = attached;
    this.rules = new LiveRules({ engine, target, log });
    this.node = new LiveNode({ ...attached, addresses, log });
    this.verification = new LiveVerification({ engine, target });
  }

  /** Engine and target stay their owner's. */
  close(): void {
    this.rules.close();
    this.node.close();
    this.verification.close();
  }
}
