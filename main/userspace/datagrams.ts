/**
 * Datagrams through an unconnected UDP socket, with both their addresses.
 *
 * A reply has to leave from the address its request came to: connection tracking turns it back into one from
 * the Service's address only then. A socket that is bound to all addresses would let routing choose, which is
 * wrong on a node with several: a request to 127.0.0.1 is sent on to the node's own address, and the reply
 * would go out from 127.0.0.1. So requests are received with IP_PKTINFO and replies sent with it (ip(7),
 * ipv6(7), cmsg(3)).
 */
import { addressOf, type Outcome, recvmsg, sendmsg } from './libc.ts';
import {
  decodeIP,
  decodePort,
  type Family,
  SOCKET_ADDRESS_MAX,
  socketAddressLength,
} from './socket-address.ts';

/** More than a UDP datagram can hold. */
export const DATAGRAM_BYTES = 64 * 1024;

/** `struct msghdr`, `struct iovec`, the socket address and the control message, one after the other. */
const HEADER = { name: 0, nameLength: 8, iov: 16, iovLength: 24, control: 32, controlLength: 40, size: 56 };
const IOV_OFFSET = HEADER.size;
const NAME_OFFSET = IOV_OFFSET + 16;
const CONTROL_OFFSET = NAME_OFFSET + 32;
const CONTROL_BYTES = 64;
const MESSAGE_BYTES = CONTROL_OFFSET + CONTROL_BYTES;
/** Within the control message: 16 bytes of header, then the packet info. */
const PACKET_INFO = {
  ipv4: { index: 16, local: 20, end: 24, size: 32 },
  ipv6: { local: 16, index: 32, end: 32, size: 40 },
};

/** Where a datagram came from and which of our addresses it came to, in the form in which a reply needs them. */
export interface DatagramPath {
  readonly family: Family;
  readonly client: Uint8Array;
  readonly control: Uint8Array;
}

class Message {
  readonly bytes = Buffer.from(new ArrayBuffer(MESSAGE_BYTES));
  readonly address = addressOf(this.bytes.buffer as ArrayBuffer);
  readonly name = this.bytes.subarray(NAME_OFFSET, NAME_OFFSET + SOCKET_ADDRESS_MAX);
  readonly control = this.bytes.subarray(CONTROL_OFFSET);
  readonly #words = new DataView(this.bytes.buffer as ArrayBuffer);

  constructor(payloadAddress: number) {
    this.#pointer(HEADER.name, this.address + NAME_OFFSET);
    this.#pointer(HEADER.iov, this.address + IOV_OFFSET);
    this.#pointer(HEADER.iovLength, 1);
    this.#pointer(HEADER.control, this.address + CONTROL_OFFSET);
    this.#pointer(IOV_OFFSET, payloadAddress);
  }

  setLengths(name: number, control: number, payload: number): void {
    this.#words.setUint32(HEADER.nameLength, name, true);
    this.#words.setUint32(HEADER.controlLength, control, true);
    this.#words.setUint32(IOV_OFFSET + 8, payload, true);
  }

  #pointer(offset: number, value: number): void {
    this.#words.setBigUint64(offset, BigInt(value), true);
  }
}

export class Datagrams {
  /** The payload received last, or to be sent. */
  readonly payload = new ArrayBuffer(DATAGRAM_BYTES);
  readonly payloadAddress = addressOf(this.payload);
  readonly #incoming = new Message(this.payloadAddress);
  readonly #outgoing = new Message(this.payloadAddress);

  /** Receives a datagram into `payload`: its length, or minus errno. */
  receive(fd: number): Outcome {
    this.#incoming.setLengths(SOCKET_ADDRESS_MAX, CONTROL_BYTES, DATAGRAM_BYTES);
    return recvmsg(fd, this.#incoming.address);
  }

  /** Names the way of the datagram received last: client address and port, and our address. */
  pathKey(family: Family): string {
    const { name, control } = this.#incoming;
    if (family === 'IPv4') {
      const { local, end } = PACKET_INFO.ipv4;
      return name.toString('latin1', 2, 8) + control.toString('latin1', local, end);
    }
    const { local, end } = PACKET_INFO.ipv6;
    return name.toString('latin1', 2, SOCKET_ADDRESS_MAX) + control.toString('latin1', local, end);
  }

  /** The way of the datagram received last, to keep. */
  path(family: Family): DatagramPath {
    const { name, control } = this.#incoming;
    const copy = Uint8Array.from(control.subarray(0, PACKET_INFO[family === 'IPv4' ? 'ipv4' : 'ipv6'].size));
    // Routing chooses the interface, except where the address is one of the link (fe80::/10).
    if (family === 'IPv4') copy.fill(0, PACKET_INFO.ipv4.index, PACKET_INFO.ipv4.index + 4);
    else if (!isLinkLocal(copy)) copy.fill(0, PACKET_INFO.ipv6.index, PACKET_INFO.ipv6.index + 4);
    return { family, client: Uint8Array.from(name.subarray(0, socketAddressLength(family))), control: copy };
  }

  /** Sends the first `length` bytes of `payload` back along a way. */
  sendBack(fd: number, path: DatagramPath, length: number): Outcome {
    this.#outgoing.name.set(path.client);
    this.#outgoing.control.set(path.control);
    this.#outgoing.setLengths(path.client.length, path.control.length, length);
    return sendmsg(fd, this.#outgoing.address);
  }
}

/** The client of a datagram. */
export function pathClient(path: DatagramPath): { ip: string; port: number } {
  return { ip: decodeIP(path.client, path.family), port: decodePort(path.client) };
}

function isLinkLocal(control: Uint8Array): boolean {
  const { local } = PACKET_INFO.ipv6;
  return control[local] === 0xfe && ((control[local + 1] ?? 0) & 0xc0) === 0x80;
}
