/**
 * A command in a pod's container, over the API's `exec` subresource as a WebSocket (v5.channel.k8s.io, v4 of older
 * servers): each message's first byte is its channel. client-node's own is not used: what it does not know of a server
 * it throws where nobody catches it, and output has no bounds.
 */
import { WebSocket } from 'ws';
import { ApiError } from '../lab/api-server/api-error.ts';
import type { ApiTransport } from './api-transport.ts';
import { apiErrorOf } from './cluster-api.ts';

const PROTOCOLS = ['v5.channel.k8s.io', 'v4.channel.k8s.io'];
const STDOUT = 1;
const STDERR = 2;
const STATUS = 3;
const MOST_OUTPUT = 64 * 1024;
const MOST_MESSAGE = 1024 * 1024;

export interface ExecRequest {
  namespace: string;
  pod: string;
  container: string;
  argv: readonly [string, ...string[]];
  timeoutMs: number;
  signal?: AbortSignal;
}

export interface ExecOutcome {
  stdout: string;
  stderr: string;
  exitCode: number;
}

interface ExecStatus {
  status?: string;
  message?: string;
  details?: { causes?: { reason?: string; message?: string }[] };
}

/** The container has no such program, or cannot start it. */
export class NoSuchProgramError extends Error {
  constructor(program: string, pod: string, cause: string) {
    super(`${program} cannot be run in pod ${pod}: ${cause}`);
    this.name = 'NoSuchProgramError';
  }
}

/**
 * Resolves with what the command said, whatever its exit code.
 * @throws ApiError where the server refuses, NoSuchProgramError, or why there was no answer
 */
export async function execInPod(transport: ApiTransport, request: ExecRequest): Promise<ExecOutcome> {
  const { namespace, pod, container, argv, timeoutMs, signal } = request;
  const query = new URLSearchParams({ container, stdout: 'true', stderr: 'true' });
  for (const word of argv) query.append('command', word);
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}/exec?${query}`;
  const { url, options } = await transport.webSocket(path);
  const socket = new WebSocket(url, PROTOCOLS, {
    ...options,
    handshakeTimeout: timeoutMs,
    maxPayload: MOST_MESSAGE,
  });
  const said = { [STDOUT]: '', [STDERR]: '' };
  return new Promise<ExecOutcome>((resolve, reject) => {
    const fail = (error: Error): void => {
      reject(error);
      socket.terminate();
    };
    const timer = setTimeout(
      () => fail(new Error(`${argv[0]} in pod ${pod} did not end in time`)),
      timeoutMs,
    );
    const stop = (): void => fail(new Error('it was stopped'));
    signal?.addEventListener('abort', stop, { once: true });
    if (signal?.aborted) stop();
    const release = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', stop);
    };
    socket.on('unexpected-response', (asking, response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        if (text.length < MOST_OUTPUT) text += chunk;
      });
      response.on('end', () => {
        release();
        reject(apiErrorOf(response.statusCode ?? 0, text));
        asking.destroy();
      });
    });
    socket.on('message', (data) => {
      const bytes = Buffer.isBuffer(data) ? data : Buffer.concat(data as Buffer[]);
      const [channel] = bytes;
      const text = bytes.subarray(1).toString('utf8');
      if (channel === STDOUT || channel === STDERR)
        said[channel] = (said[channel] + text).slice(0, MOST_OUTPUT);
      if (channel !== STATUS) return;
      try {
        resolve({ stdout: said[STDOUT], stderr: said[STDERR], exitCode: exitCodeOf(text, argv[0], pod) });
      } catch (error) {
        reject(error);
      }
      socket.close();
    });
    socket.on('error', fail);
    socket.on('close', () => {
      release();
      // Rejects only where no status came.
      reject(new Error(`the connection to pod ${pod} ended before the command did`));
    });
  });
}

function exitCodeOf(text: string, program: string, pod: string): number {
  const { status, message = '', details } = JSON.parse(text) as ExecStatus;
  if (status === 'Success') return 0;
  const code = details?.causes?.find(({ reason }) => reason === 'ExitCode')?.message;
  if (code !== undefined && /^\d{1,3}$/.test(code)) {
    // As shells and container runtimes say: not found, or not to be run.
    if (code === '126' || code === '127') throw new NoSuchProgramError(program, pod, message);
    return Number(code);
  }
  if (/executable file not found|no such file or directory/i.test(message)) {
    throw new NoSuchProgramError(program, pod, message);
  }
  throw new ApiError(500, 'InternalError', message || 'the command could not be run');
}
