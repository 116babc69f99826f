/** Calls of a cluster's API, with its refusals as errors that say which they are. */
import type { KubeConfig } from '@kubernetes/client-node';
import type { KubernetesObject } from '../../app/kubernetes/objects.ts';
import { ApiError, type StatusDetails } from '../lab/api-server/api-error.ts';
import { transportOf } from './api-transport.ts';

/** An answer with an object in it. */
export interface ApiAnswer<Result> {
  object: Result;
  /** What the `Warning` headers say. */
  warnings: string[];
}

export interface ApiRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** `/api/v1/namespaces/default/services` */
  path: string;
  query?: Record<string, string>;
  body?: unknown;
  /** A merge patch unless it says server-side apply. */
  patch?: 'merge' | 'apply';
  signal?: AbortSignal;
  /** Milliseconds without a byte after which it is given up. */
  silenceMs?: number;
}

const SILENCE_MS = 10_000;

/** Calls the API server. Rejects with ApiError where it refuses, else with why there was no answer. */
export class ClusterApi {
  readonly #kubeConfig: KubeConfig;

  constructor(kubeConfig: KubeConfig) {
    this.#kubeConfig = kubeConfig;
  }

  /** @throws ApiError */
  async call<Result = KubernetesObject>(call: ApiRequest): Promise<ApiAnswer<Result>> {
    const { method, path, query = {}, body, signal, silenceMs = SILENCE_MS } = call;
    const search = new URLSearchParams(query).toString();
    const response = await transportOf(this.#kubeConfig).send({
      method,
      path: search === '' ? path : `${path}?${search}`,
      silenceMs,
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { 'content-type': contentType(call) } }),
      ...(signal ? { signal } : {}),
    });
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    const object = readAnswer<Result>(response.statusCode ?? 0, Buffer.concat(chunks).toString());
    return { object, warnings: warningTexts(response.headers['warning']) };
  }
}

/** JSON is YAML: what is applied goes out as the one media type that every server takes for it. */
function contentType({ method, patch }: ApiRequest): string {
  if (method !== 'PATCH') return 'application/json';
  return patch === 'apply' ? 'application/apply-patch+yaml' : 'application/merge-patch+json';
}

/** The server's refusal as an error, in its own words where it has any. */
export function apiErrorOf(statusCode: number, text: string): ApiError {
  const { code, reason, message, details } = statusOf(text);
  return new ApiError(
    code ?? statusCode,
    reason ?? '',
    message ?? `the server answered ${statusCode}`,
    details,
  );
}

function readAnswer<Result>(statusCode: number, text: string): Result {
  if (statusCode < 200 || statusCode > 299) throw apiErrorOf(statusCode, text);
  try {
    return JSON.parse(text) as Result;
  } catch (error) {
    throw new NotAnApiServerError(error);
  }
}

/** Something answers that speaks no Kubernetes API. */
export class NotAnApiServerError extends Error {
  constructor(cause: unknown) {
    super('what answers there is no Kubernetes API server: its answer is not JSON', { cause });
    this.name = 'NotAnApiServerError';
  }
}

function statusOf(text: string): {
  code?: number;
  reason?: string;
  message?: string;
  details?: StatusDetails;
} {
  try {
    const status: unknown = JSON.parse(text);
    return typeof status === 'object' && status !== null ? status : {};
  } catch {
    return {};
  }
}

/** `299 - "text", 299 - "text"` (RFC 7234, section 5.5) */
function warningTexts(header: string | string[] | undefined): string[] {
  const all = Array.isArray(header) ? header.join(', ') : (header ?? '');
  return [...all.matchAll(/\d{3} \S+ "((?:[^"\\]|\\.)*)"/g)].map(([, text = '']) =>
    text.replace(/\\(.)/g, '$1'),
  );
}
