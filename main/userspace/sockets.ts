/** The relay's sockets, opened with the options they need. Every function returns a descriptor or minus errno. */
import * as libc from './libc.ts';
import { addressFamily, encodeSocketAddress, type Family, SOCKET_ADDRESS_MAX } from './socket-address.ts';

const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const SO_ERROR = 4;
const SO_RCVBUF = 8;
const SO_KEEPALIVE = 9;
const SO_LINGER = 13;
const SO_RCVBUFFORCE = 33;
const IPPROTO_IP = 0;
const IP_PKTINFO = 8;
const IPPROTO_TCP = 6;
const TCP_NODELAY = 1;
const TCP_KEEPIDLE = 4;
const TCP_KEEPINTVL = 5;
const IPPROTO_IPV6 = 41;
const IPV6_V6ONLY = 26;
const IPV6_RECVPKTINFO = 49;

/** What Go's dialer and listener set, and so kube-proxy: a peer that vanished is noticed within minutes. */
const KEEPALIVE_SECONDS = 15;
/** Room for a burst of datagrams from many clients: the default holds 250 small ones. */
const UDP_RECEIVE_BYTES = 2 * 1024 * 1024;
/** The kernel caps it at net.core.somaxconn. */
const BACKLOG = 4096;

const value = new Int32Array(new ArrayBuffer(8));
const valueAddress = libc.addressOf(value.buffer);
const length = new Uint32Array(new ArrayBuffer(4));
const lengthAddress = libc.addressOf(length.buffer);
const name = new Uint8Array(new ArrayBuffer(SOCKET_ADDRESS_MAX));
const nameAddress = libc.addressOf(name.buffer);

function setOption(fd: number, level: number, option: number, to: number): libc.Outcome {
  value[0] = to;
  return libc.setsockopt(fd, level, option, valueAddress, 4);
}

function setTcpOptions(fd: number): void {
  setOption(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  setOption(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  setOption(fd, IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_SECONDS);
  setOption(fd, IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_SECONDS);
}

function openSocket(family: Family, type: number): number {
  return libc.socket(addressFamily(family), type | libc.SOCK_NONBLOCK | libc.SOCK_CLOEXEC);
}

/** Every address of a family. */
const EVERYWHERE: Readonly<Record<Family, string>> = { IPv4: '0.0.0.0', IPv6: '::' };

/** Binds to `port` (0: the kernel's choice) on an address of the family. */
function bindTo(fd: number, family: Family, { address, port }: { address: string; port: number }): number {
  // The other family's listener of the same service port may have the same port.
  if (family === 'IPv6') setOption(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
  const encoded = encodeSocketAddress(address, port);
  return libc.bind(fd, libc.addressOf(encoded.buffer), encoded.length);
}

function closedOn(result: number, fd: number): number {
  if (result >= 0) return fd;
  libc.close(fd);
  return result;
}

/**
 * Listens on an address of the family, on every one without. What is accepted has the listener's options: Linux
 * hands them down.
 */
export function listenTcp(family: Family, port: number, address = EVERYWHERE[family]): number {
  const fd = openSocket(family, libc.SOCK_STREAM);
  if (fd < 0) return fd;
  setOption(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  setTcpOptions(fd);
  const bound = bindTo(fd, family, { address, port });
  return closedOn(bound < 0 ? bound : libc.listen(fd, BACKLOG), fd);
}

/** A UDP socket on every address of the family, which tells of each datagram the address it came to. */
export function bindUdp(family: Family, port: number): number {
  const fd = openSocket(family, libc.SOCK_DGRAM);
  if (fd < 0) return fd;
  if (family === 'IPv4') setOption(fd, IPPROTO_IP, IP_PKTINFO, 1);
  else setOption(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
  // Beyond net.core.rmem_max only for those who administer the network; for others as much as it allows.
  if (setOption(fd, SOL_SOCKET, SO_RCVBUFFORCE, UDP_RECEIVE_BYTES) < 0) {
    setOption(fd, SOL_SOCKET, SO_RCVBUF, UDP_RECEIVE_BYTES);
  }
  return closedOn(bindTo(fd, family, { address: EVERYWHERE[family], port }), fd);
}

/** A TCP socket for a dial. */
export function openTcp(family: Family): number {
  const fd = openSocket(family, libc.SOCK_STREAM);
  if (fd >= 0) setTcpOptions(fd);
  return fd;
}

/** A UDP socket that speaks with one address alone. */
export function connectUdp(family: Family, address: number, addressLength: number): number {
  const fd = openSocket(family, libc.SOCK_DGRAM);
  return fd < 0 ? fd : closedOn(libc.connect(fd, address, addressLength), fd);
}

/** Accepts a connection; the client's address is in `acceptedAddress` until the next call. */
export function accept(listener: number): number {
  length[0] = SOCKET_ADDRESS_MAX;
  return libc.accept(listener, nameAddress, lengthAddress);
}

/** The socket address of the client accepted last. */
export const acceptedAddress: Uint8Array = name;

/** The port a socket is bound to. */
export function boundPort(fd: number): number {
  length[0] = SOCKET_ADDRESS_MAX;
  libc.getsockname(fd, nameAddress, lengthAddress);
  return ((name[2] ?? 0) << 8) | (name[3] ?? 0);
}

/** How a dial ended: 0 when the socket is connected, else the errno. */
export function takeSocketError(fd: number): number {
  value[0] = 0;
  length[0] = 4;
  libc.getsockopt(fd, SOL_SOCKET, SO_ERROR, valueAddress, lengthAddress);
  return value[0] ?? 0;
}

/** Closes with a RST, so that the peer sees a broken connection and not an ended one. */
export function reset(fd: number): void {
  value[0] = 1;
  value[1] = 0;
  libc.setsockopt(fd, SOL_SOCKET, SO_LINGER, valueAddress, 8);
  libc.close(fd);
}
