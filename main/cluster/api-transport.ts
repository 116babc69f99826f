/** Requests to a cluster's API server, with the credentials, the certificates and the proxy of its kubeconfig. */
import { type IncomingMessage, request as plainRequest } from 'node:http';
import { request } from 'node:https';
import { KubeConfig } from '@kubernetes/client-node';
import { type ExecCredential, execPluginSchema, runExecPlugin } from './exec-plugin.ts';

export interface TransportRequest {
  method: string;
  /** With its query: `/api/v1/services?limit=500`. */
  path: string;
  headers?: Readonly<Record<string, string>>;
  body?: string;
  /** Milliseconds without a byte after which it is given up. */
  silenceMs: number;
  signal?: AbortSignal;
}

/** A refused credential is asked for anew, but not by each of many requests that are refused at once. */
const RENEWAL_PAUSE_MS = 30_000;
/** What a failed program said holds for all who ask at about the same time. */
const FAILURE_HOLDS_MS = 3_000;
/** A credential that ends within this is not used any more. */
const EXPIRY_MARGIN_MS = 5_000;

type RequestOptions = Parameters<KubeConfig['applyToHTTPSOptions']>[0];

const transports = new WeakMap<KubeConfig, ApiTransport>();

/** The one transport of a kubeconfig: whoever uses it shares what a credential program gave. */
export function transportOf(kubeConfig: KubeConfig): ApiTransport {
  const known = transports.get(kubeConfig) ?? new ApiTransport(kubeConfig);
  transports.set(kubeConfig, known);
  return known;
}

export class ApiTransport {
  readonly #kubeConfig: KubeConfig;
  /** The kubeconfig with what the credential program gave in the program's place. */
  #applied: { kubeConfig: KubeConfig; expiresAt: number } | undefined;
  #running: Promise<KubeConfig> | undefined;
  #failure: { error: unknown; at: number } | undefined;
  #renewedAt = Number.NEGATIVE_INFINITY;

  constructor(kubeConfig: KubeConfig) {
    this.#kubeConfig = withPlainHttp(kubeConfig);
  }

  /** Resolves with the answer's head, whatever its status; rejects with why there was none. */
  async send(call: TransportRequest): Promise<IncomingMessage> {
    const answer = await this.#sendOnce(call);
    if (answer.statusCode !== 401 || !this.#mayRenew()) return answer;
    answer.resume();
    return this.#sendOnce(call);
  }

  /** The address and the options of a WebSocket to that path, with the same credentials. */
  async webSocket(path: string): Promise<{ url: string; options: object }> {
    const kubeConfig = await this.#credentials();
    const server = kubeConfig.getCurrentCluster()?.server;
    if (!server) throw new Error('the kubeconfig has no current cluster');
    const options: RequestOptions = {};
    await kubeConfig.applyToHTTPSOptions(options);
    return { url: server.replace(/\/$/, '').replace(/^http/, 'ws') + path, options };
  }

  async #sendOnce(call: TransportRequest): Promise<IncomingMessage> {
    const { method, path, headers, body, silenceMs, signal } = call;
    const kubeConfig = await this.#credentials();
    const server = kubeConfig.getCurrentCluster()?.server;
    if (!server) throw new Error('the kubeconfig has no current cluster');
    const url = new URL(server.replace(/\/$/, '') + path);
    const options: RequestOptions = { method };
    await kubeConfig.applyToHTTPSOptions(options);
    const send = url.protocol === 'http:' ? plainRequest : request;
    return new Promise((resolve, reject) => {
      const outgoing = send(url, {
        ...options,
        timeout: silenceMs,
        headers: {
          ...options.headers,
          accept: 'application/json',
          'user-agent': 'kube-proxy-lab',
          ...headers,
          // Node frames a body by itself, but not that of a DELETE: it would be taken for the next request.
          ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
        },
        ...(signal ? { signal } : {}),
      } as object);
      outgoing.on('error', reject);
      outgoing.on('timeout', () => {
        outgoing.destroy(new SilentServerError(url.host, silenceMs));
      });
      outgoing.on('response', resolve);
      outgoing.end(body);
    });
  }

  async #credentials(): Promise<KubeConfig> {
    if (!this.#kubeConfig.getCurrentUser()?.exec) return this.#kubeConfig;
    if (this.#applied && this.#applied.expiresAt > Date.now()) return this.#applied.kubeConfig;
    if (this.#failure && Date.now() - this.#failure.at < FAILURE_HOLDS_MS) throw this.#failure.error;
    // One run for all who ask meanwhile.
    this.#running ??= this.#runPlugin().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #runPlugin(): Promise<KubeConfig> {
    const cluster = this.#kubeConfig.getCurrentCluster();
    try {
      const credential = await runExecPlugin({
        plugin: execPluginSchema.parse(this.#kubeConfig.getCurrentUser()?.exec),
        cluster: {
          server: cluster?.server ?? '',
          ...(cluster?.caData ? { caData: cluster.caData } : {}),
        },
      });
      const kubeConfig = withCredential(this.#kubeConfig, credential);
      const { expiresAt = Number.POSITIVE_INFINITY } = credential;
      this.#applied = { kubeConfig, expiresAt: expiresAt - EXPIRY_MARGIN_MS };
      this.#failure = undefined;
      return kubeConfig;
    } catch (error) {
      this.#failure = { error, at: Date.now() };
      throw error;
    }
  }

  #mayRenew(): boolean {
    if (!this.#applied || Date.now() - this.#renewedAt < RENEWAL_PAUSE_MS) return false;
    this.#renewedAt = Date.now();
    this.#applied = undefined;
    return true;
  }
}

/** The server took the connection, or did not, and says nothing. */
export class SilentServerError extends Error {
  readonly code = 'ETIMEDOUT';

  constructor(host: string, silenceMs: number) {
    super(`${host} did not answer within ${Math.round(silenceMs / 1000)} s`);
    this.name = 'SilentServerError';
  }
}

/** Where there is no TLS there is nothing to verify; @kubernetes/client-node wants to be told so. */
function withPlainHttp(kubeConfig: KubeConfig): KubeConfig {
  const cluster = kubeConfig.getCurrentCluster();
  if (!cluster?.server.startsWith('http:') || cluster.skipTLSVerify) return kubeConfig;
  const told = new KubeConfig();
  const { contexts, currentContext, users } = kubeConfig;
  told.loadFromOptions({
    clusters: [{ ...cluster, skipTLSVerify: true }],
    contexts,
    currentContext,
    users,
  });
  return told;
}

function withCredential(kubeConfig: KubeConfig, credential: ExecCredential): KubeConfig {
  const { token, clientCertificateData, clientKeyData } = credential;
  const base64 = (pem: string): string => Buffer.from(pem).toString('base64');
  const { exec: _, ...user } = kubeConfig.getCurrentUser() ?? { name: '' };
  const applied = new KubeConfig();
  applied.loadFromOptions({
    clusters: kubeConfig.clusters,
    contexts: kubeConfig.contexts,
    currentContext: kubeConfig.currentContext,
    users: [
      {
        ...user,
        ...(token === undefined ? {} : { token }),
        ...(clientCertificateData === undefined ? {} : { certData: base64(clientCertificateData) }),
        ...(clientKeyData === undefined ? {} : { keyData: base64(clientKeyData) }),
      },
    ],
  });
  return applied;
}
