import { closeSync, mkdirSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bindMount, detachMount, enterNetworkNamespace, unshareNetworkNamespace } from './libc.ts';

/** Where `ip netns` keeps its names; ours are visible to it, so `ip netns exec` works on them. */
const NAMES = '/run/netns';

let ownNamespace: number | undefined;

function home(): number {
  ownNamespace ??= openSync('/proc/self/ns/net', 'r');
  return ownNamespace;
}

/**
 * A network namespace that this process holds open.
 *
 * `run` is synchronous by design: between its two `setns` calls no other code of this process may run, or
 * it would open its sockets in the wrong namespace.
 */
export class NetworkNamespace {
  readonly name: string;
  readonly #fd: number;

  private constructor(name: string, fd: number) {
    this.name = name;
    this.#fd = fd;
  }

  /** Makes a namespace and its name under /run/netns. Needs CAP_SYS_ADMIN in the user namespace. */
  static create(name: string): NetworkNamespace {
    const path = join(NAMES, name);
    const back = home();
    mkdirSync(NAMES, { recursive: true });
    writeFileSync(path, '', { flag: 'wx' });
    try {
      unshareNetworkNamespace();
      try {
        // The thread's own view: /proc/self is the process, whose main thread this may not be.
        bindMount('/proc/thread-self/ns/net', path);
      } finally {
        enterNetworkNamespace(back);
      }
      return new NetworkNamespace(name, openSync(path, 'r'));
    } catch (error) {
      rmSync(path, { force: true });
      throw error;
    }
  }

  /** Opens a namespace that `ip netns add` (or `create`) has named. Throws ENOENT where there is none. */
  static open(name: string): NetworkNamespace {
    home();
    return new NetworkNamespace(name, openSync(join(NAMES, name), 'r'));
  }

  /** Opens the namespace that a process is in. Throws where there is no such process, or it may not be entered. */
  static ofProcess(pid: number): NetworkNamespace {
    home();
    return new NetworkNamespace(`pid:${pid}`, openSync(`/proc/${pid}/ns/net`, 'r'));
  }

  /** Runs `work` with this thread inside the namespace: sockets it opens and processes it starts stay there. */
  run<Result>(work: () => Result): Result {
    enterNetworkNamespace(this.#fd);
    try {
      return work();
    } finally {
      enterNetworkNamespace(home());
    }
  }

  /** Lets go of a namespace that stays. */
  close(): void {
    closeSync(this.#fd);
  }

  /** Takes the name away and lets go; the kernel ends the namespace once nothing lives in it. */
  remove(): void {
    const path = join(NAMES, this.name);
    closeSync(this.#fd);
    detachMount(path);
    rmSync(path, { force: true });
  }
}
