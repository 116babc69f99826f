import type { FailureKind } from '../../app/probe/result.ts';

/** A request's failure, as `ProbeResult` carries it. */
export class ProbeFailure extends Error {
  readonly kind: FailureKind;
  readonly code: string;

  constructor(kind: FailureKind, code: string) {
    super(code);
    this.name = 'ProbeFailure';
    this.kind = kind;
    this.code = code;
  }
}

const KINDS: Record<string, FailureKind> = {
  ECONNREFUSED: 'refused',
  ETIMEDOUT: 'timed-out',
  ECONNRESET: 'reset',
  EPIPE: 'reset',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
};

/** What a failure to connect is, by the system's own word for it. */
export function failureKindOf(code: string): FailureKind {
  return KINDS[code] ?? 'other';
}

/**
 * Classifies a socket's error. A connection that stood and ended before a byte of the answer came is
 * `closed-without-answer`, whether by FIN or RST: which of them depends on whether the request was read.
 */
export function classify(error: unknown, seen: { connected: boolean; answerBegan: boolean }): ProbeFailure {
  if (error instanceof ProbeFailure) return error;
  const code =
    (error as NodeJS.ErrnoException).code ?? (error instanceof Error ? error.message : String(error));
  const kind = failureKindOf(code);
  if (kind === 'reset' && seen.connected && !seen.answerBegan)
    return new ProbeFailure('closed-without-answer', code);
  return new ProbeFailure(kind, code);
}
