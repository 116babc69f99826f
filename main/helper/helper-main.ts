/**
 * The elevated helper, a program of its own: connects to whoever started it, proves itself with the one-time
 * token of a file only that user can read, and does a node's verbs until the connection ends. Then it undoes what
 * it changed and ends.
 *
 *     helper.js --rendezvous FILE
 */
import { readFileSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { parseArgs } from 'node:util';
import type { z } from 'zod';
import { AuditLog } from './audit-log.ts';
import { frameChannel } from './frame-channel.ts';
import { helperPlaces } from './helper-places.ts';
import { helloSchema, helperVerbs, MOST_MESSAGE_BYTES, rendezvousSchema } from './helper-protocol.ts';
import { HelperSession, undoAbandoned } from './helper-session.ts';
import { Journal } from './journal.ts';
import { serveVerbs } from './verb-channel.ts';

function readRendezvous(file: string): z.infer<typeof rendezvousSchema> {
  const { mode } = statSync(file);
  if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
    throw new Error(`${file} may be read by others than its owner; its secret is none`);
  }
  return rendezvousSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
}

const { values } = parseArgs({ options: { rendezvous: { type: 'string' } } });
if (!values.rendezvous) {
  process.stderr.write('this program is started by kube-proxy-lab\n');
  process.exit(2);
}
const { socket, token } = readRendezvous(values.rendezvous);
const places = helperPlaces();
const parts = { journal: new Journal(places.journal), audit: new AuditLog(places.audit) };
parts.audit.add({ action: 'start', outcome: 'ok' });
await undoAbandoned(parts);

const session = new HelperSession(parts);
const stream = connect(socket);
stream.on('error', () => {});
const channel = frameChannel(stream, { mostBytes: MOST_MESSAGE_BYTES });
channel.onClose(() => void session.end().then(() => process.exit(0)));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => channel.close());
serveVerbs(channel, helperVerbs, session.handlers());
channel.send(helloSchema.parse({ type: 'hello', protocol: 1, token, pid: process.pid }));
