/** Classifies, once, why a cluster's API server gave no answer or none of use. */
import type { ConnectionProblem, ConnectionProblemCode } from '../../app/contract/connection-problem.ts';
import { ApiError } from '../lab/api-server/api-error.ts';
import { NotAnApiServerError } from './cluster-api.ts';
import { ExecPluginError } from './exec-plugin.ts';

/** A context that lacks something before anybody is asked. */
export class IncompleteContextError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'IncompleteContextError';
  }
}

/** By the `code` of Node's errors: the operating system's, and OpenSSL's. */
const BY_CODE: Readonly<Record<string, ConnectionProblemCode>> = {
  ECONNREFUSED: 'refused',
  ETIMEDOUT: 'timed-out',
  ECONNRESET: 'cut-off',
  EPIPE: 'cut-off',
  EHOSTUNREACH: 'no-route',
  ENETUNREACH: 'no-route',
  EADDRNOTAVAIL: 'no-route',
  ENOTFOUND: 'name-not-resolved',
  EAI_AGAIN: 'name-not-resolved',
  CERT_HAS_EXPIRED: 'certificate-expired',
  CERT_NOT_YET_VALID: 'certificate-not-yet-valid',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'certificate-unknown-authority',
  SELF_SIGNED_CERT_IN_CHAIN: 'certificate-unknown-authority',
  UNABLE_TO_GET_ISSUER_CERT: 'certificate-unknown-authority',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'certificate-unknown-authority',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'certificate-unknown-authority',
  CERT_SIGNATURE_FAILURE: 'certificate-unknown-authority',
  ERR_TLS_CERT_ALTNAME_INVALID: 'certificate-wrong-name',
  ENOENT: 'credentials-unreadable',
  EACCES: 'credentials-unreadable',
  EISDIR: 'credentials-unreadable',
};

/** OpenSSL's own words where a certificate or key of ours cannot be read. */
const BAD_PEM = /^ERR_OSSL_(PEM|X509|ASN1|EVP|UNSUPPORTED|CRYPTO)/;

export function connectionProblemOf(error: unknown): ConnectionProblem {
  const cause = rootOf(error);
  return { code: codeOf(cause), detail: reasonOf(cause) };
}

/** One line in the words of what failed: `fetch failed` says nothing, its cause does. */
export function reasonOf(error: unknown): string {
  const root = rootOf(error);
  return (root instanceof Error ? root.message : String(root)) || 'no reason was given';
}

/** What several attempts failed with (Node tries each address of a name) is told by the first of them. */
function rootOf(error: unknown): unknown {
  if (error instanceof AggregateError && error.errors.length > 0) return rootOf(error.errors[0]);
  if (error instanceof Error && error.message === 'fetch failed' && error.cause) return rootOf(error.cause);
  return error;
}

function codeOf(error: unknown): ConnectionProblemCode {
  if (error instanceof ExecPluginError) return error.failure;
  if (error instanceof IncompleteContextError) return 'context-incomplete';
  if (error instanceof NotAnApiServerError) return 'not-kubernetes';
  if (error instanceof ApiError) return codeOfStatus(error);
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const known = BY_CODE[code];
  if (known) return known;
  if (BAD_PEM.test(code)) return 'credentials-unreadable';
  return /^(ERR_SSL|ERR_TLS|EPROTO)/.test(code) ? 'tls' : 'other';
}

/** An error without the API's reason comes from something else, a proxy or another server. */
function codeOfStatus({ code, reason }: ApiError): ConnectionProblemCode {
  if (code === 401) return 'unauthorized';
  if (code === 403) return 'forbidden';
  if (reason === '' && code < 500) return 'not-kubernetes';
  return 'server-error';
}
