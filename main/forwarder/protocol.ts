/** What the lab's process and its forwarder say to each other; listening sockets travel beside the messages. */
import { z } from 'zod';

const id = z.string();

/** The socket that comes with `open` is a listening TCP socket or a bound UDP socket of this computer. */
export const toForwarderSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('open'),
    id,
    protocol: z.enum(['TCP', 'UDP']),
    address: z.union([z.ipv4(), z.ipv6()]),
    port: z.int().min(1).max(65535),
  }),
  z.object({ type: z.literal('close'), id }),
]);
export type ToForwarder = z.infer<typeof toForwarderSchema>;

export const fromForwarderSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready') }),
  z.object({ type: z.literal('opened'), id }),
  /** Its port is free again. */
  z.object({ type: z.literal('closed'), id }),
  /** How many connections (UDP: clients) it carries now. */
  z.object({ type: z.literal('connections'), id, count: z.int() }),
  /** A connection into the lab failed; whoever connected here is about to see it broken off. */
  z.object({ type: z.literal('failed'), id, code: z.string() }),
]);
export type FromForwarder = z.infer<typeof fromForwarderSchema>;
