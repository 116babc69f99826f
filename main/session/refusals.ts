/** What the API server refuses, as results for an editor or as errors of the contract. */
import { ORPCError } from '@orpc/server';
import type { FieldProblem } from '../../app/contract/save.ts';
import { ApiError } from '../lab/api-server/api-error.ts';

export type Refusal =
  | { outcome: 'invalid'; message: string; problems: FieldProblem[] }
  | { outcome: 'refused'; code: string; message: string };

/** @throws the error itself where it is none of the API server's refusals */
export function refusalOf(error: unknown): Refusal {
  if (!(error instanceof ApiError)) throw error;
  const { message, reason } = error;
  if (reason === 'Invalid') return { outcome: 'invalid', message, problems: problemsOf(error) };
  // Strict decoding: a field that there is not, or a value of another type, refused as a bad request.
  if (reason === 'BadRequest') return { outcome: 'invalid', message, problems: decodingProblems(message) };
  return { outcome: 'refused', code: reason, message };
}

function problemsOf({ message, details }: ApiError): FieldProblem[] {
  const causes = details?.causes ?? [];
  if (causes.length === 0) return [{ field: '', message, reason: '' }];
  return causes.map((cause) => ({
    field: cause.field === '<nil>' ? '' : (cause.field ?? ''),
    message: cause.message ?? '',
    reason: cause.reason ?? '',
  }));
}

/** `… strict decoding error: unknown field "spec.prots", unknown field "spec.x"` */
function decodingProblems(message: string): FieldProblem[] {
  const fields = [...message.matchAll(/(unknown|duplicate) field "([^"]+)"/g)];
  if (fields.length > 0) {
    return fields.map(([text, , field = '']) => ({ field, message: text, reason: 'BadRequest' }));
  }
  const [, field = ''] = /Go struct field \w+\.([\w.[\]]+) of type/.exec(message) ?? [];
  return [{ field, message, reason: 'BadRequest' }];
}

/** The contract's error for one of the API server's; others are given back as they are. */
export function asContractError(error: unknown): unknown {
  if (!(error instanceof ApiError)) return error;
  const code = error.reason === 'NotFound' ? 'NOT_FOUND' : 'REFUSED';
  return contractError(code, error.message, error.reason);
}

export type ContractErrorCode = 'REFUSED' | 'NOT_FOUND' | 'UNSUPPORTED' | 'OTHER_CLUSTER' | 'FAILED';

/** An error as `app/contract/error.ts` declares it. */
export function contractError(
  code: ContractErrorCode,
  message: string,
  cause: string | null = null,
): ORPCError<ContractErrorCode, { cause: string | null }> {
  return new ORPCError(code, { message, data: { cause } });
}

/** Errors of what is below us, which have happened to others before: their words help. */
const FAILURES = new Set(['CommandError', 'VerbError', 'RelayError', 'MissingToolError']);

/**
 * Whatever was thrown, as data: nobody beyond the border gets a stack. What is not known to happen is a
 * mistake of ours: `unexpected` hears all of it, the other side one clear sentence.
 */
export function describedError(error: unknown, unexpected: (error: unknown) => void): unknown {
  if (error instanceof ORPCError) return plainBadRequest(error);
  const known = asContractError(error);
  if (known instanceof ORPCError) return known;
  if (error instanceof Error && (FAILURES.has(error.name) || isSystemError(error))) {
    const stderr = 'stderr' in error && typeof error.stderr === 'string' ? error.stderr.trim() : '';
    return contractError('FAILED', error.message, stderr || causeOf(error));
  }
  unexpected(error);
  return new ORPCError('INTERNAL', {
    status: 500,
    message: 'the lab made a mistake; what it was stands in its log',
    data: { cause: null },
  });
}

/** `ENOSPC`, `ECONNREFUSED`…: the operating system said no. */
function isSystemError(error: Error): boolean {
  return 'syscall' in error && 'code' in error;
}

function causeOf({ cause }: Error): string | null {
  return cause instanceof Error ? cause.message : null;
}

/** What the contract's own validation refuses, in the one shape that errors have. */
function plainBadRequest(error: ORPCError<string, unknown>): ORPCError<string, unknown> {
  const { issues } = (error.data ?? {}) as { issues?: { message: string; path?: readonly unknown[] }[] };
  if (!Array.isArray(issues)) return error;
  const complaints = issues.slice(0, 5).map(({ message, path }) => {
    const place = (path ?? [])
      .map((part) => (typeof part === 'object' && part !== null && 'key' in part ? part.key : part))
      .join('.');
    return place ? `${place}: ${message}` : message;
  });
  const where = error.code === 'BAD_REQUEST' ? 'the question is not as the contract has it' : error.message;
  return new ORPCError(error.code, {
    status: error.status,
    message: `${where}: ${complaints.join('; ')}`,
    data: { cause: null },
  });
}
