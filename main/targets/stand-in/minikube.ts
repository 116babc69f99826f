/** minikube for tests: a folder with `minikube`, and the `ssh` that it looks for, to put before the PATH. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface NodeOptions {
  profile: string;
  node: string;
  state?: 'Running' | 'Stopped';
  silent?: boolean;
  lacks?: string[];
}

/** What the login user's sudo does: it looks for the command, and says so where there is none. */
const SUDO = `#!/bin/sh
[ "$1" = -n ] && shift
case " $LACKS " in *" $1 "*) echo "sudo: $1: command not found" >&2; exit 1;; esac
exec "$@"
`;

export class Minikube implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'kpl-minikube-'));
  readonly #holders: ChildProcess[] = [];
  readonly #nodes: object[] = [];

  constructor({ ssh = true } = {}) {
    const program = join(import.meta.dirname, 'minikube-main.ts');
    const script = `#!/bin/sh\nexec '${process.execPath}' '${program}' '${this.folder}' "$@"\n`;
    writeFileSync(join(this.folder, 'minikube'), script, { mode: 0o755 });
    if (ssh) writeFileSync(join(this.folder, 'ssh'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
    mkdirSync(join(this.folder, 'inside'));
    writeFileSync(join(this.folder, 'inside', 'sudo'), SUDO, { mode: 0o755 });
    writeFileSync(join(this.folder, 'asked.jsonl'), '');
    this.#save();
  }

  /** Gives the id of a process in its network namespace. */
  async start(options: NodeOptions): Promise<number> {
    const ownUsers = process.getuid?.() !== 0;
    const users = ownUsers ? ['--user', '--map-root-user'] : [];
    const holder = spawn('unshare', [...users, '--net', 'sh', '-c', 'echo up; exec sleep infinity'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#holders.push(holder);
    if (holder.stdout) await once(holder.stdout, 'data');
    const pid = holder.pid ?? 0;
    this.#nodes.push({ state: 'Running', silent: false, lacks: [], ...options, pid, ownUsers });
    this.#save();
    return pid;
  }

  asked(): string[][] {
    const lines = readFileSync(join(this.folder, 'asked.jsonl'), 'utf8').split('\n').filter(Boolean);
    return lines.map((line) => JSON.parse(line) as string[]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const holder of this.#holders) {
      const ended = once(holder, 'exit');
      holder.kill('SIGKILL');
      await ended;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  #save(): void {
    writeFileSync(join(this.folder, 'nodes.json'), JSON.stringify(this.#nodes));
  }
}
