/**
 * The few calls of Linux that Node does not offer: they move the calling thread between network
 * namespaces. Node opens sockets and forks on its main thread, so whatever is opened or started between
 * `setns` there and `setns` back belongs to that namespace, whoever uses it later.
 */
import koffi from 'koffi';

const CLONE_NEWNET = 0x40000000;
const MS_BIND = 4096;
const MNT_DETACH = 2;

interface LibC {
  setns(fd: number, type: number): number;
  unshare(flags: number): number;
  mount(source: string, target: string, type: string, flags: number, data: string | null): number;
  umount2(target: string, flags: number): number;
}

let loaded: LibC | undefined;

function libc(): LibC {
  if (!loaded) {
    const library = koffi.load('libc.so.6');
    loaded = {
      setns: library.func('int setns(int fd, int nstype)'),
      unshare: library.func('int unshare(int flags)'),
      mount: library.func(
        'int mount(const char *source, const char *target, const char *type, unsigned long flags, const char *data)',
      ),
      umount2: library.func('int umount2(const char *target, int flags)'),
    };
  }
  return loaded;
}

/** A call the kernel refused: which one, with errno's name. */
export class SystemCallError extends Error {
  readonly call: string;
  readonly code: string;

  constructor(call: string) {
    const number = koffi.errno();
    const code =
      Object.entries(koffi.os.errno).find(([, value]) => value === number)?.[0] ?? `errno ${number}`;
    super(`${call}: ${code}`);
    this.name = 'SystemCallError';
    this.call = call;
    this.code = code;
  }
}

/** Moves this thread into the network namespace behind an open file. Throws SystemCallError. */
export function enterNetworkNamespace(fd: number): void {
  if (libc().setns(fd, CLONE_NEWNET) !== 0) throw new SystemCallError('setns');
}

/** Moves this thread into a new, empty network namespace. Throws SystemCallError. */
export function unshareNetworkNamespace(): void {
  if (libc().unshare(CLONE_NEWNET) !== 0) throw new SystemCallError('unshare');
}

/** Shows `source` at `target`, an existing file. Throws SystemCallError. */
export function bindMount(source: string, target: string): void {
  if (libc().mount(source, target, 'none', MS_BIND, null) !== 0) throw new SystemCallError(`mount ${target}`);
}

/** Mounts an empty tmpfs. Throws SystemCallError. */
export function mountTmpfs(target: string): void {
  if (libc().mount('tmpfs', target, 'tmpfs', 0, 'mode=0755') !== 0)
    throw new SystemCallError(`mount ${target}`);
}

/** Takes a mount away, now for new users and once unused for the others. Throws SystemCallError. */
export function detachMount(target: string): void {
  if (libc().umount2(target, MNT_DETACH) !== 0) throw new SystemCallError(`umount ${target}`);
}
