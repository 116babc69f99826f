import { request as plainRequest } from 'node:http';
import { request } from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node';

export interface ApiCall {
  method: 'GET' | 'POST';
  /** With its query: `/api/v1/services?limit=500`. */
  path: string;
  body?: unknown;
}

/** One GET; see `callApi`. */
export function getJson<Result>(kubeConfig: KubeConfig, path: string): Promise<Result> {
  return callApi<Result>(kubeConfig, { method: 'GET', path });
}

/**
 * One call of a cluster's API, with the kubeconfig's credentials. Rejects with the server's own message
 * (`statusCode` on the error), or with why there was no answer.
 */
export async function callApi<Result>(
  kubeConfig: KubeConfig,
  { method, path, body }: ApiCall,
): Promise<Result> {
  const server = kubeConfig.getCurrentCluster()?.server;
  if (!server) throw new Error('the kubeconfig has no current cluster');
  const url = new URL(server.replace(/\/$/, '') + path);
  const options: Parameters<KubeConfig['applyToHTTPSOptions']>[0] = { method, timeout: 30_000 };
  await kubeConfig.applyToHTTPSOptions(options);
  const send = url.protocol === 'http:' ? plainRequest : request;
  const text = body === undefined ? undefined : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const call = send(url, {
      ...options,
      headers: {
        ...options.headers,
        Accept: 'application/json',
        ...(text === undefined ? {} : { 'Content-Type': 'application/json' }),
      },
    } as object);
    call.on('error', reject);
    call.on('timeout', () => call.destroy(new Error(`${url.host} did not answer within 30 s`)));
    call.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const answer = Buffer.concat(chunks).toString();
        const { statusCode = 0 } = response;
        if (statusCode < 200 || statusCode > 299) {
          const error = new Error(`${method} ${path}: ${statusCode} ${statusMessage(answer)}`.trim());
          return reject(Object.assign(error, { statusCode }));
        }
        try {
          resolve(JSON.parse(answer) as Result);
        } catch (error) {
          reject(new Error(`${method} ${path}: the answer is not JSON`, { cause: error }));
        }
      });
    });
    call.end(text);
  });
}

function statusMessage(text: string): string {
  try {
    const status = JSON.parse(text) as { message?: unknown };
    return typeof status.message === 'string' ? status.message : '';
  } catch {
    return '';
  }
}
