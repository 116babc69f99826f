/**
 * What Electron's main process and the engine's process tell each other, over the channel between parent and
 * child. The pages' ports end in the main process; each has a number here, and its messages pass as they are.
 */
import { z } from 'zod';

/** What oRPC puts on a port: a text, or bytes where a file is part of it (`base64`). */
const portDataSchema = z.union([z.string(), z.object({ base64: z.string() })]);
const port = z.int().positive();

const portMessages = [
  z.object({ type: z.literal('message'), port, data: portDataSchema }),
  z.object({ type: z.literal('close'), port }),
] as const;

export const toEngineSchema = z.discriminatedUnion('type', [
  /** A page has a new port. */
  z.object({ type: z.literal('open'), port }),
  ...portMessages,
]);
export type ToEngine = z.infer<typeof toEngineSchema>;

export const fromEngineSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('progress'), what: z.string() }),
  /** The lab is up; ports may be opened. */
  z.object({ type: z.literal('ready'), kubeconfig: z.string(), nodeIP: z.string() }),
  /** The lab did not start; the process ends. The message is for people. */
  z.object({ type: z.literal('failed'), message: z.string() }),
  ...portMessages,
]);
export type FromEngine = z.infer<typeof fromEngineSchema>;

type PortData = z.infer<typeof portDataSchema>;

/** For the way between the processes, which carries JSON. Throws TypeError for what no port of oRPC carries. */
export function packPortData(data: unknown): PortData {
  if (typeof data === 'string') return data;
  if (data instanceof ArrayBuffer) return { base64: Buffer.from(data).toString('base64') };
  if (ArrayBuffer.isView(data)) {
    return { base64: Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64') };
  }
  throw new TypeError('a port carries texts and bytes alone');
}

export function unpackPortData(data: PortData): string | Uint8Array<ArrayBuffer> {
  return typeof data === 'string' ? data : new Uint8Array(Buffer.from(data.base64, 'base64'));
}
