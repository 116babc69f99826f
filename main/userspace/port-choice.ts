/** Opening a service port's socket on a pinned port, the one it had, one of a range, or any. */
import * as libc from './libc.ts';
import type { ListenFailureCode, ServedServicePort } from './protocol.ts';
import { bindUdp, listenTcp } from './sockets.ts';

export interface PortWish {
  servicePort: ServedServicePort;
  /** The port this service port had before, if it had one. */
  previous: number | undefined;
  range: { from: number; to: number } | undefined;
  /** Ports that the engine has pinned for others. */
  reserved: ReadonlySet<number>;
  /** The key of the service port of ours that listens on a port, for the message. */
  holder: (port: number) => string | undefined;
  random: () => number;
}

export type PortOutcome = { fd: number } | { code: ListenFailureCode; message: string };

/** Opens the socket, or says why not and what to do. */
export function openPort(wish: PortWish): PortOutcome {
  const { servicePort, previous, range } = wish;
  const open = servicePort.protocol === 'TCP' ? listenTcp : bindUdp;
  const attempt = (port: number): number => open(servicePort.family, port);
  const pinned = servicePort.proxyPort;
  if (pinned !== undefined) {
    const fd = attempt(pinned);
    return fd >= 0 ? { fd } : describePinned(wish, pinned, -fd);
  }
  let fd = previous === undefined || wish.reserved.has(previous) ? -libc.EADDRINUSE : attempt(previous);
  if (fd < 0) fd = range ? attemptRange(wish, range, attempt) : attempt(0);
  return fd >= 0 ? { fd } : describe(wish, -fd);
}

/** Tries the range's ports from a random one on, as far as each is merely taken. */
function attemptRange(
  { reserved, random }: PortWish,
  { from, to }: { from: number; to: number },
  attempt: (port: number) => number,
): number {
  const size = to - from + 1;
  const start = Math.floor(random() * size);
  let fd = -libc.EADDRINUSE;
  for (let step = 0; step < size && fd === -libc.EADDRINUSE; step += 1) {
    const port = from + ((start + step) % size);
    if (!reserved.has(port)) fd = attempt(port);
  }
  return fd;
}

function describePinned(wish: PortWish, port: number, errno: number): PortOutcome {
  const { key, protocol } = wish.servicePort;
  if (errno !== libc.EADDRINUSE) return describe(wish, errno);
  const holder = wish.holder(port);
  const by = holder ? `the proxy of ${holder}` : 'another process on the node';
  const flags = protocol === 'TCP' ? '-ltnp' : '-lunp';
  const remedy = holder
    ? 'pin another port'
    : `end that process (\`ss ${flags} sport = :${port}\` names it) or pin another port`;
  return {
    code: 'port-taken',
    message: `proxy port ${port}/${protocol} of ${key} is taken by ${by}: ${remedy}`,
  };
}

function describe({ servicePort, range }: PortWish, errno: number): PortOutcome {
  const { key, protocol, family } = servicePort;
  const what = `no proxy port for ${key} (${protocol}, ${family})`;
  switch (errno) {
    case libc.EADDRINUSE:
      return range
        ? {
            code: 'port-range-exhausted',
            message: `${what}: all of ${range.from}-${range.to} are taken: widen portRange`,
          }
        : {
            code: 'port-taken',
            message: `${what}: the kernel has none left: widen net.ipv4.ip_local_port_range`,
          };
    case libc.EAFNOSUPPORT:
    case libc.EADDRNOTAVAIL:
      return {
        code: 'family-unavailable',
        message: `${what}: the node has no ${family}: enable it, or give the Service another ipFamilies`,
      };
    case libc.EACCES:
    case libc.EPERM:
      return {
        code: 'permission-denied',
        message: `${what}: not permitted: use ports from net.ipv4.ip_unprivileged_port_start on`,
      };
    case libc.EMFILE:
    case libc.ENFILE:
      return { code: 'too-many-open-files', message: `${what}: too many open files: raise \`ulimit -n\`` };
    default:
      return { code: 'listen-failed', message: `${what}: ${libc.errnoName(errno)}` };
  }
}
