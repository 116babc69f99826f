/** A lab as a user runs it: the built command, a data folder of its own, kubectl. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installationFor, type TestUser } from './test-user.ts';

export interface Output {
  code: number;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  input?: string;
  timeoutMs?: number;
}

/** Runs a command to its end and gives what it printed, whatever its exit code. */
export async function run(argv: string[], options: RunOptions = {}): Promise<Output> {
  const [command = '', ...args] = argv;
  const child = spawn(command, args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    cwd: '/',
    env: { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin`, HOME: '/nonexistent' },
    timeout: options.timeoutMs ?? 60_000,
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  child.stdin.on('error', () => {});
  child.stdin.end(options.input ?? '');
  const [code] = (await once(child, 'close')) as [number | null];
  return { code: code ?? -1, stdout, stderr };
}

/** A data folder that the user owns. */
export function makeDataFolder(user: TestUser): string {
  const folder = mkdtempSync(join(tmpdir(), 'kube-proxy-lab-data-'));
  if (process.getuid?.() === 0) chownSync(folder, user.uid, user.uid);
  return folder;
}

/** Calls `look` until it gives something; rejects with `what` after the time is over. */
export async function until<Result>(
  what: string,
  look: () => Promise<Result | undefined> | Result | undefined,
  timeoutMs = 20_000,
): Promise<Result> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const result = await look();
    if (result !== undefined && result !== false) return result;
    if (Date.now() > end) throw new Error(`waited ${timeoutMs} ms for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Put before a command, asks it to end where the test that started it ends first, killed too. */
export const endsWithTest = ['setpriv', '--pdeathsig', 'TERM', '--'];

export class LabUnderTest {
  readonly user: TestUser;
  readonly folder: string;
  readonly process: ChildProcess;
  /** What it printed on stderr so far. */
  stderr = '';
  kubeconfig = '';
  nodeIP = '';
  /** Where the user interface is, with its token; empty where none is served. */
  ui = '';

  private constructor(user: TestUser, folder: string, args: string[], how = ['lab', 'up']) {
    this.user = user;
    this.folder = folder;
    const argv = [
      ...user.prefix, ...endsWithTest, command(user), ...how, '--json', '--data', folder, ...args,
    ]; // biome-ignore format: one command
    this.process = spawn(argv[0] ?? '', argv.slice(1), {
      stdio: ['ignore', 'pipe', 'pipe'],
      cwd: '/',
      env: { ...cleanEnvironment(), HOME: folder },
    });
    this.process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
  }

  /** Starts a lab and waits for nothing. */
  static launch(user: TestUser, folder: string): LabUnderTest {
    return new LabUnderTest(user, folder, []);
  }

  /** Starts a lab and resolves when it is ready; rejects with what it said when it ended before. */
  static async start(
    user: TestUser,
    options: { folder?: string; args?: string[]; web?: boolean } = {},
  ): Promise<LabUnderTest> {
    const how = options.web ? ['start', '--web', '--no-open'] : ['lab', 'up'];
    const lab = new LabUnderTest(user, options.folder ?? makeDataFolder(user), options.args ?? [], how);
    let stdout = '';
    lab.process.stdout?.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    await until('the lab to be ready', () => {
      if (lab.process.exitCode !== null) throw new Error(`the lab ended: ${lab.stderr}`);
      return stdout.includes('\n') || undefined;
    });
    const ready = JSON.parse(stdout) as { ui: string | null; kubeconfig: string; nodeIP: string };
    lab.kubeconfig = ready.kubeconfig;
    lab.nodeIP = ready.nodeIP;
    lab.ui = ready.ui ?? '';
    return lab;
  }

  /** The command on this lab's data folder, as this lab's user. */
  cli(args: string[], options: RunOptions = {}): Promise<Output> {
    const at = args.indexOf('--');
    const own = at < 0 ? args : args.slice(0, at);
    const rest = at < 0 ? [] : args.slice(at);
    return run([...this.user.prefix, command(this.user), ...own, '--data', this.folder, ...rest], options);
  }

  exec(place: string, ...argv: string[]): Promise<Output> {
    return run([
      ...this.user.prefix, command(this.user), 'lab', 'exec', place, '--data', this.folder, '--', ...argv,
    ]); // biome-ignore format: one command
  }

  async kubectl(args: string[], options: RunOptions = {}): Promise<string> {
    const output = await run(['kubectl', '--kubeconfig', this.kubeconfig, ...args], options);
    if (output.code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${output.stderr}`);
    return output.stdout;
  }

  /** Applies manifests and waits until the pods among them are ready. */
  async apply(manifest: string): Promise<void> {
    await this.kubectl(['apply', '-f', '-'], { input: manifest });
  }

  async rules(table = 'nat'): Promise<string> {
    return (await this.exec('node', 'iptables-save', '-t', table)).stdout;
  }

  /** Waits until the node's rules hold what is looked for. */
  async untilRules(what: RegExp, present = true): Promise<string> {
    return until(`rules ${present ? 'with' : 'without'} ${what}`, async () => {
      const rules = `${await this.rules('nat')}${await this.rules('filter')}`;
      return what.test(rules) === present ? rules : undefined;
    });
  }

  /** Where this lab's program is installed. */
  get installation(): string {
    return installationFor(this.user);
  }

  get pid(): number {
    return (JSON.parse(readFileSync(join(this.folder, 'lab.json'), 'utf8')) as { pid: number }).pid;
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (this.process.exitCode === null && this.process.signalCode === null) {
      const closed = once(this.process, 'close');
      this.process.kill(signal);
      await closed;
    }
    return this.process.exitCode;
  }

  removeFolder(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function command(user: TestUser): string {
  return join(installationFor(user), 'bin', 'kube-proxy-lab');
}

/** Without what npm puts in: its presence makes a program end with npm. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('npm_')));
}
