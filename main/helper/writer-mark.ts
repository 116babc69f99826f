/**
 * How a Kube Proxy Lab that writes a node says so: a socket with an abstract name in the node's network namespace.
 * Whoever is in that namespace sees it, from whichever mount or pid namespace, and the kernel takes it away with its
 * process, however that ends. It tells, it does not lock: a `run` that has just been killed is no hindrance.
 */
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:net';
import type { NetworkNamespace } from '../namespaces/network-namespace.ts';

const PREFIX = 'kube-proxy-lab/writer/';
/** The process id is one of the pid namespace it is in, where another may have the same: hence the rest. */
const OWN = `${PREFIX}${process.pid}-${randomBytes(6).toString('hex')}`;
/** A line of /proc/net/unix ends with the name, `@` for the first byte of an abstract one. */
const LINE = new RegExp(` @${PREFIX}(\\d{1,10})-[0-9a-f]{12}$`, 'gm');

/** @returns what takes the mark away */
export function setWriterMark(within?: NetworkNamespace): () => void {
  const server = createServer((socket) => socket.destroy());
  // Another of our own in the same namespace says the same.
  server.on('error', () => {});
  const listen = (): unknown => server.listen(`\0${OWN}`);
  if (within) within.run(listen);
  else listen();
  server.unref();
  return () => server.close();
}

/** The process ids of the others who say that they write, of the text of /proc/net/unix. */
export function otherWriters(text: string): number[] {
  const others = text.replaceAll(`@${OWN}`, '').matchAll(LINE);
  return [...others].map(([, pid]) => Number(pid));
}
