/** A container engine for tests: a folder with `docker`, `podman` and `nerdctl` to put before the PATH, and nodes in it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestUser } from '../../testing/test-user.ts';
import type { ContainerRuntime } from '../target-spec.ts';

export interface ContainerOptions {
  labels?: Record<string, string>;
  /** As `inspect` gives them: `{ '30080/tcp': [{ HostIp: '127.0.0.1', HostPort: '8080' }] }`. */
  ports?: Record<string, { HostIp: string; HostPort: string }[]>;
  address?: string;
  /** Programs that its image lacks. */
  lacks?: string[];
  state?: 'running' | 'paused' | 'exited';
  /** Whose container it is; ours without it. */
  user?: TestUser;
}

export interface Trouble {
  how: 'no-daemon' | 'no-permission' | 'slow' | 'cut-off' | 'killed' | 'silent-cut-off';
  /** Only when that program is run inside. */
  program?: string;
  milliseconds?: number;
}

interface Kept {
  id: string;
  name: string;
  state: 'running' | 'paused' | 'exited';
  pid: number;
  ownUsers: boolean;
  startedAt: string;
  [rest: string]: unknown;
}

export class ContainerEngine implements AsyncDisposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'kpl-containers-'));
  readonly #holders = new Map<string, ChildProcess>();
  #containers: Kept[] = [];

  constructor(runtimes: readonly ContainerRuntime[] = ['docker', 'podman', 'nerdctl']) {
    chmodSync(this.#folder, 0o777);
    const program = join(this.#folder, 'container-runtime-main.ts');
    copyFileSync(join(import.meta.dirname, 'container-runtime-main.ts'), program);
    for (const runtime of runtimes) {
      const script = `#!/bin/sh\nexec '${process.execPath}' '${program}' '${this.#folder}' ${runtime} "$@"\n`;
      writeFileSync(join(this.#folder, runtime), script, { mode: 0o755 });
    }
    writeFileSync(join(this.#folder, 'asked.jsonl'), '');
    chmodSync(join(this.#folder, 'asked.jsonl'), 0o666);
    this.#save();
  }

  /** To be put before the PATH. */
  get folder(): string {
    return this.#folder;
  }

  async run(name: string, options: ContainerOptions = {}): Promise<{ id: string; pid: number }> {
    const { labels = {}, ports = {}, address = '172.18.0.2', lacks = [], state = 'running', user } = options;
    const ownUsers = (user?.uid ?? process.getuid?.()) !== 0;
    const holder = await this.#hold(name, ownUsers, user);
    const id = randomBytes(32).toString('hex');
    const container = {
      id,
      name,
      state,
      pid: holder.pid ?? 0,
      ownUsers,
      startedAt: new Date().toISOString(),
    };
    this.#containers.push({ ...container, labels, ports, address, lacks });
    this.#save();
    return { id, pid: holder.pid ?? 0 };
  }

  /** Ends it as `docker stop` does: its network and rules are gone. */
  async stop(name: string): Promise<void> {
    const holder = this.#holders.get(name);
    this.#change(name, { state: 'exited' });
    this.#holders.delete(name);
    if (!holder) return;
    const ended = once(holder, 'exit');
    holder.kill('SIGKILL');
    await ended;
  }

  /** The same container with another network, as `docker start` makes it. */
  async start(name: string): Promise<void> {
    const { ownUsers } = this.#containers.find((container) => container.name === name) as Kept;
    const { pid } = await this.#hold(name, ownUsers);
    this.#change(name, { state: 'running', pid: pid ?? 0, startedAt: new Date().toISOString() });
  }

  async remove(name: string): Promise<void> {
    await this.stop(name);
    this.#containers = this.#containers.filter((container) => container.name !== name);
    this.#save();
  }

  /** `inspect` names another process as the container's, as one of another machine would be. */
  async claimProcess(name: string, pid: number): Promise<void> {
    this.#change(name, { claimedPid: pid });
  }

  trouble(trouble: Trouble | null): void {
    writeFileSync(join(this.#folder, 'trouble.json'), JSON.stringify(trouble));
  }

  /** What `info` says instead of what a daemon of this computer says. */
  info(instead: object): void {
    writeFileSync(join(this.#folder, 'info.json'), JSON.stringify(instead));
  }

  /** What the runtimes were asked, word for word. */
  asked(): string[][] {
    const lines = readFileSync(join(this.#folder, 'asked.jsonl'), 'utf8').trim().split('\n').filter(Boolean);
    return lines.map((line) => JSON.parse(line) as string[]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const name of [...this.#holders.keys()]) await this.stop(name);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #hold(name: string, ownUsers: boolean, user?: TestUser): Promise<ChildProcess> {
    const users = ownUsers ? ['--user', '--map-root-user'] : [];
    // The id of the process that is here is the one of the namespaces: setpriv and unshare are replaced by the next.
    const [command = '', ...args] = [
      ...(user?.prefix ?? []), 'unshare', ...users, '--net', 'sh', '-c', 'ip link set lo up; echo up; exec sleep infinity',
    ]; // biome-ignore format: one command
    const holder = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#holders.set(name, holder);
    if (holder.stdout) await once(holder.stdout, 'data');
    return holder;
  }

  #change(name: string, change: Partial<Kept>): void {
    this.#containers = this.#containers.map((container) =>
      container.name === name ? ({ ...container, ...change } as Kept) : container,
    );
    this.#save();
  }

  #save(): void {
    writeFileSync(join(this.#folder, 'containers.json'), JSON.stringify(this.#containers));
  }
}
