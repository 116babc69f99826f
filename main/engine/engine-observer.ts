import type { Node } from '../../app/kubernetes/objects.ts';
import type { Ruleset } from '../../app/ruleset/model.ts';

/** A sync that has ended, whether or not it changed anything. */
export interface EndedSync {
  readonly durationMs: number;
  readonly full: boolean;
  readonly error?: Error;
  /** Lines handed to the kernel's tools. */
  readonly lines: number;
  /** As last written. */
  readonly rulesets: readonly Ruleset[];
  /** Seconds from each change of an endpoint to its rules. */
  readonly programmingSeconds: readonly number[];
}

/** Who keeps books of the engine: metrics and health of a kube-proxy. */
export interface EngineObserver {
  /** Something changed and waits to be written. */
  queued(): void;
  synced(sync: EndedSync): void;
  nodeChanged(node: Node | undefined): void;
}
