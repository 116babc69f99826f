import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** The API server in a process of its own, which can be killed. */
export interface ServerProcess {
  url: string;
  kubeconfig: string;
  /** What it has written to stderr. */
  errors(): string;
  /** `kill -9`, and its end. */
  kill(): Promise<void>;
}

const program = fileURLToPath(new URL('../serve-main.ts', import.meta.url));

/** @throws Error with what the process wrote when it ends before it is ready */
export async function startServerProcess(dataDir: string): Promise<ServerProcess> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program, dataDir], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString('utf8');
  });
  const [line] = (await Promise.race([
    once(createInterface({ input: child.stdout }), 'line'),
    once(child, 'exit'),
  ])) as [unknown];
  if (typeof line !== 'string') throw new Error(`the server ended: ${errors}`);
  const { url, kubeconfig } = JSON.parse(line);
  return { url, kubeconfig, errors: () => errors, kill: () => killed(child) };
}

async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const end = once(child, 'exit');
  child.kill('SIGKILL');
  await end;
}
