import { request as plainRequest } from 'node:http';
import { request } from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node';

/**
 * One GET of a cluster's API, with the kubeconfig's credentials. Rejects with the server's own message
 * (`statusCode` on the error), or with why there was no answer.
 */
export async function getJson<Result>(kubeConfig: KubeConfig, path: string): Promise<Result> {
  const server = kubeConfig.getCurrentCluster()?.server;
  if (!server) throw new Error('the kubeconfig has no current cluster');
  const url = new URL(server.replace(/\/$/, '') + path);
  const options: Parameters<KubeConfig['applyToHTTPSOptions']>[0] = { method: 'GET', timeout: 30_000 };
  await kubeConfig.applyToHTTPSOptions(options);
  const send = url.protocol === 'http:' ? plainRequest : request;
  return new Promise((resolve, reject) => {
    const call = send(url, {
      ...options,
      headers: { ...options.headers, Accept: 'application/json' },
    } as object);
    call.on('error', reject);
    call.on('timeout', () => call.destroy(new Error(`${url.host} did not answer within 30 s`)));
    call.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        if (response.statusCode !== 200) {
          const error = new Error(`GET ${path}: ${response.statusCode} ${statusMessage(text)}`.trim());
          return reject(Object.assign(error, { statusCode: response.statusCode }));
        }
        try {
          resolve(JSON.parse(text) as Result);
        } catch (error) {
          reject(new Error(`GET ${path}: the answer is not JSON`, { cause: error }));
        }
      });
    });
    call.end();
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
