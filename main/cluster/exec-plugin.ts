/**
 * Credentials from the program that a kubeconfig's user names (`exec`, client.authentication.k8s.io): run as an argv
 * array, never through a shell, and only for a cluster that somebody chose or asked about.
 */
import { spawn } from 'node:child_process';
import { z } from 'zod';

/** `exec` of a kubeconfig's user, as far as it is used. */
export const execPluginSchema = z.object({
  apiVersion: z.string().default('client.authentication.k8s.io/v1'),
  command: z.string().min(1),
  args: z.array(z.string()).nullish(),
  env: z.array(z.object({ name: z.string(), value: z.string() })).nullish(),
  installHint: z.string().nullish(),
  provideClusterInfo: z.boolean().nullish(),
});
export type ExecPlugin = z.infer<typeof execPluginSchema>;

export interface ExecCredential {
  token?: string;
  /** PEM. */
  clientCertificateData?: string;
  clientKeyData?: string;
  /** Milliseconds since 1970; absent: until the server refuses it. */
  expiresAt?: number;
}

export type ExecFailure = 'exec-missing' | 'exec-failed' | 'exec-timed-out';

/** The program is not there, failed, or did not answer in time; the message says which program, and what it said. */
export class ExecPluginError extends Error {
  readonly failure: ExecFailure;

  constructor(failure: ExecFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ExecPluginError';
    this.failure = failure;
  }
}

/** Long enough for a browser to open and a person to sign in. */
const TIMEOUT_MS = 60_000;
const MOST_OUTPUT = 1024 * 1024;

const answerSchema = z.object({
  kind: z.literal('ExecCredential'),
  status: z.object({
    token: z.string().optional(),
    clientCertificateData: z.string().optional(),
    clientKeyData: z.string().optional(),
    expirationTimestamp: z.string().optional(),
  }),
});

export interface ExecPluginOptions {
  plugin: ExecPlugin;
  /** What the program is told of the cluster where it wants to know. */
  cluster: { server: string; caData?: string };
  timeoutMs?: number;
}

/** Runs the program once. @throws ExecPluginError */
export async function runExecPlugin(options: ExecPluginOptions): Promise<ExecCredential> {
  const { command } = options.plugin;
  const output = await outputOf(options);
  const answer = answerSchema.safeParse(parsed(output));
  if (!answer.success) {
    throw new ExecPluginError('exec-failed', `${command} printed no ExecCredential with a status`);
  }
  const { expirationTimestamp, ...credential } = answer.data.status;
  const expiresAt = Date.parse(expirationTimestamp ?? '');
  return { ...credential, ...(Number.isNaN(expiresAt) ? {} : { expiresAt }) };
}

function outputOf(options: ExecPluginOptions): Promise<string> {
  const { plugin, timeoutMs = TIMEOUT_MS } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(plugin.command, plugin.args ?? [], {
      // It has no terminal here: one that asks at its standard input gets an end, not a wait.
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...environment(options) },
    });
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      child.kill('SIGKILL');
    }, timeoutMs);
    const said = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        said[name] = (said[name] + text).slice(0, MOST_OUTPUT);
      });
    }
    child.on('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      reject(missing(plugin, error));
    });
    // Not 'close': a program that it has left behind may hold its output open for ever.
    child.on('exit', (code, signal) => {
      clearTimeout(timer);
      setImmediate(() => {
        if (code === 0) return resolve(said.stdout);
        const last = said.stderr.trim().split('\n').at(-1) ?? '';
        if (timedOut) {
          const seconds = timeoutMs / 1000;
          return reject(
            new ExecPluginError('exec-timed-out', `${plugin.command} gave no answer in ${seconds} s`),
          );
        }
        const how = signal === null ? `exit code ${code}` : signal;
        reject(new ExecPluginError('exec-failed', `${plugin.command} failed (${how})${last && `: ${last}`}`));
      });
    });
  });
}

function missing({ command, installHint }: ExecPlugin, error: NodeJS.ErrnoException): ExecPluginError {
  const why = error.code === 'ENOENT' ? 'is not installed' : `cannot be run (${error.code})`;
  const hint = installHint?.trim();
  return new ExecPluginError('exec-missing', `${command} ${why}${hint ? `. ${hint}` : ''}`, {
    cause: error,
  });
}

function environment({ plugin, cluster }: ExecPluginOptions): Record<string, string> {
  const spec = {
    interactive: false,
    ...(plugin.provideClusterInfo
      ? {
          cluster: {
            server: cluster.server,
            ...(cluster.caData === undefined ? {} : { 'certificate-authority-data': cluster.caData }),
          },
        }
      : {}),
  };
  const info = { kind: 'ExecCredential', apiVersion: plugin.apiVersion, spec };
  return {
    KUBERNETES_EXEC_INFO: JSON.stringify(info),
    ...Object.fromEntries((plugin.env ?? []).map(({ name, value }) => [name, value])),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
