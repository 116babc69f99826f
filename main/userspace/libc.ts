/**
 * The socket calls of Linux that the relay makes itself, each returning what the call returned or minus errno.
 *
 * Why not node:net and node:dgram: a stream object, a buffer and two trips through the stream machinery per
 * chunk cost more than the four system calls of relaying it. Medians of one run of scripts/bench-relay.ts, this
 * way against `a.pipe(b); b.pipe(a)` (and HAProxy): keep-alive requests/s 39,400 against 17,900 (37,800); new
 * connections/s 6,100 against 2,900 (6,300); a bulk stream 13.1 against 6.7 (6.0) Gbit/s. The price is koffi's
 * 7 MB of memory, most of it shared with other processes that load it.
 * And dgram cannot say from which of the node's addresses a reply leaves (see datagrams.ts).
 *
 * Buffers are passed as addresses (`addressOf`), which halves koffi's share of a call; whoever passes one
 * keeps the ArrayBuffer behind it alive and its size as it is.
 */
import koffi from 'koffi';

// Linux's numbers on every architecture Node runs on with glibc or musl (x64, arm64).
export const EPERM = 1;
export const EINTR = 4;
export const EAGAIN = 11;
export const EACCES = 13;
export const ENFILE = 23;
export const EMFILE = 24;
export const EAFNOSUPPORT = 97;
export const EADDRINUSE = 98;
export const EADDRNOTAVAIL = 99;
export const EINPROGRESS = 115;

export const SOCK_STREAM = 1;
export const SOCK_DGRAM = 2;
export const SOCK_NONBLOCK = 0o4000;
export const SOCK_CLOEXEC = 0o2000000;
export const SHUT_WR = 1;
const MSG_NOSIGNAL = 0x4000;

const library = koffi.load('libc.so.6');

const raw = {
  socket: library.func('int socket(int domain, int type, int protocol)'),
  bind: library.func('int bind(int fd, uintptr_t address, uint length)'),
  listen: library.func('int listen(int fd, int backlog)'),
  accept4: library.func('int accept4(int fd, uintptr_t address, uintptr_t length, int flags)'),
  connect: library.func('int connect(int fd, uintptr_t address, uint length)'),
  getsockname: library.func('int getsockname(int fd, uintptr_t address, uintptr_t length)'),
  getsockopt: library.func('int getsockopt(int fd, int level, int name, uintptr_t value, uintptr_t length)'),
  setsockopt: library.func('int setsockopt(int fd, int level, int name, uintptr_t value, uint length)'),
  shutdown: library.func('int shutdown(int fd, int how)'),
  close: library.func('int close(int fd)'),
  // Nothing here moves 2 GiB at once, and koffi passes an int on faster than an int64_t.
  recv: library.func('int recv(int fd, uintptr_t buffer, uint length, int flags)'),
  send: library.func('int send(int fd, uintptr_t buffer, uint length, int flags)'),
  splice: library.func(
    'int splice(int from, uintptr_t fromOffset, int to, uintptr_t toOffset, uint length, uint flags)',
  ),
  recvmsg: library.func('int recvmsg(int fd, uintptr_t message, int flags)'),
  sendmsg: library.func('int sendmsg(int fd, uintptr_t message, int flags)'),
  pipe2: library.func('int pipe2(uintptr_t ends, int flags)'),
  fcntl: library.func('int fcntl(int fd, int command, int argument)'),
  epollCreate: library.func('int epoll_create1(int flags)'),
  epollCtl: library.func('int epoll_ctl(int epoll, int operation, int fd, uintptr_t event)'),
  epollWait: library.func('int epoll_wait(int epoll, uintptr_t events, int length, int timeout)'),
};

/** What the call returned, or minus errno. */
export type Outcome = number;

function outcome(returned: number): Outcome {
  return returned < 0 ? -koffi.errno() : returned;
}

/** The name of an errno, for messages: `EADDRINUSE`. */
export function errnoName(errno: number): string {
  return Object.entries(koffi.os.errno).find(([, value]) => value === errno)?.[0] ?? `errno ${errno}`;
}

/** Where a buffer's first byte lies. Linux gives user space 47 bits, so that a number holds it. */
export function addressOf(buffer: ArrayBuffer): number {
  return Number(koffi.address(buffer));
}

export const socket = (domain: number, type: number): Outcome => outcome(raw.socket(domain, type, 0));
export const bind = (fd: number, address: number, length: number): Outcome =>
  outcome(raw.bind(fd, address, length));
export const listen = (fd: number, backlog: number): Outcome => outcome(raw.listen(fd, backlog));
export const accept = (fd: number, address: number, length: number): Outcome =>
  outcome(raw.accept4(fd, address, length, SOCK_NONBLOCK | SOCK_CLOEXEC));
export const connect = (fd: number, address: number, length: number): Outcome =>
  outcome(raw.connect(fd, address, length));
export const getsockname = (fd: number, address: number, length: number): Outcome =>
  outcome(raw.getsockname(fd, address, length));
export const getsockopt = (fd: number, level: number, name: number, value: number, length: number): Outcome =>
  outcome(raw.getsockopt(fd, level, name, value, length));
export const setsockopt = (fd: number, level: number, name: number, value: number, length: number): Outcome =>
  outcome(raw.setsockopt(fd, level, name, value, length));
export const shutdown = (fd: number, how: number): Outcome => outcome(raw.shutdown(fd, how));
export const close = (fd: number): Outcome => outcome(raw.close(fd));
export const recv = (fd: number, buffer: number, length: number): Outcome =>
  outcome(raw.recv(fd, buffer, length, 0));
export const send = (fd: number, buffer: number, length: number): Outcome =>
  outcome(raw.send(fd, buffer, length, MSG_NOSIGNAL));
export const splice = (from: number, to: number, length: number, flags: number): Outcome =>
  outcome(raw.splice(from, 0, to, 0, length, flags));
export const recvmsg = (fd: number, message: number): Outcome => outcome(raw.recvmsg(fd, message, 0));
export const sendmsg = (fd: number, message: number): Outcome => outcome(raw.sendmsg(fd, message, 0));
export const pipe = (ends: number): Outcome => outcome(raw.pipe2(ends, SOCK_NONBLOCK | SOCK_CLOEXEC));
export const fcntl = (fd: number, command: number, argument: number): Outcome =>
  outcome(raw.fcntl(fd, command, argument));
export const epollCreate = (): Outcome => outcome(raw.epollCreate(SOCK_CLOEXEC));
export const epollCtl = (epoll: number, operation: number, fd: number, event: number): Outcome =>
  outcome(raw.epollCtl(epoll, operation, fd, event));
export const epollWait = (epoll: number, events: number, length: number, timeoutMs: number): Outcome =>
  outcome(raw.epollWait(epoll, events, length, timeoutMs));
