/** The cluster's API as the window uses it: an ordinary client over HTTPS, and the objects live. */
import { request } from 'node:https';
import type { KubernetesObject } from '../../app/kubernetes/objects.ts';
import { ApiError, type StatusDetails } from '../lab/api-server/api-error.ts';

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
}

export interface ApiServerAddress {
  url: string;
  /** The certificate authority, PEM. */
  ca: string;
  token: string;
}

const TIMEOUT_MS = 10_000;

/** Calls the API server. Rejects with ApiError where it refuses, else with why there was no answer. */
export class ClusterApi {
  readonly #address: ApiServerAddress;

  constructor(address: ApiServerAddress) {
    this.#address = address;
  }

  /** @throws ApiError */
  call<Result = KubernetesObject>({ method, path, query, body }: ApiRequest): Promise<ApiAnswer<Result>> {
    const { url, ca, token } = this.#address;
    const target = new URL(path, url);
    target.search = new URLSearchParams(query).toString();
    const text = body === undefined ? undefined : JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const call = request(target, {
        method,
        ca,
        timeout: TIMEOUT_MS,
        headers: {
          authorization: `Bearer ${token}`,
          accept: 'application/json',
          'user-agent': 'kube-proxy-lab',
          // Node frames a body by itself, but not that of a DELETE: it would be taken for the next request.
          ...(text === undefined
            ? {}
            : { 'content-type': contentType(method), 'content-length': Buffer.byteLength(text) }),
        },
      });
      call.on('error', reject);
      call.on('timeout', () => call.destroy(new Error(`${target.host} did not answer within 10 s`)));
      call.on('response', (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          try {
            const object = readAnswer<Result>(response.statusCode ?? 0, Buffer.concat(chunks).toString());
            resolve({ object, warnings: warningTexts(response.headers['warning']) });
          } catch (error) {
            reject(error);
          }
        });
      });
      call.end(text);
    });
  }
}

function contentType(method: ApiRequest['method']): string {
  return method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
}

function readAnswer<Result>(statusCode: number, text: string): Result {
  const answer = JSON.parse(text) as Result;
  if (statusCode < 400) return answer;
  const { code, reason, message, details } = answer as {
    code?: number;
    reason?: string;
    message?: string;
    details?: StatusDetails;
  };
  throw new ApiError(
    code ?? statusCode,
    reason ?? '',
    message ?? `the server answered ${statusCode}`,
    details,
  );
}

/** `299 - "text", 299 - "text"` (RFC 7234, section 5.5) */
function warningTexts(header: string | string[] | undefined): string[] {
  const all = Array.isArray(header) ? header.join(', ') : (header ?? '');
  return [...all.matchAll(/\d{3} \S+ "((?:[^"\\]|\\.)*)"/g)].map(([, text = '']) =>
    text.replace(/\\(.)/g, '$1'),
  );
}
