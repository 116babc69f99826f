import { z } from 'zod';
import { dnsName, listeningVerbs, port } from '../../helper/listening-verbs.ts';
import { nodeVerbs } from '../../helper/node-protocol.ts';
import { verb } from '../../helper/verb-channel.ts';

export const podSpecSchema = z.object({
  uid: z.string().min(1).max(128),
  namespace: dnsName,
  name: dnsName,
  ip: z.ipv4(),
  ip6: z.ipv6(),
  containers: z
    .array(
      z.object({
        name: z.string().max(63),
        image: z.string().max(1024),
        ports: z
          .array(
            z.object({
              containerPort: port,
              protocol: z.enum(['TCP', 'UDP', 'SCTP']),
              name: z.string().max(63).optional(),
            }),
          )
          .max(256),
      }),
    )
    .max(64),
});

/** A pod as the supervisor starts it. */
export type PodSpec = z.infer<typeof podSpecSchema>;

/** What the lab's supervisor does: a node's verbs, and those that make the lab's world. */
export const supervisorVerbs = {
  ...nodeVerbs,
  ...listeningVerbs,
  /** Makes node, client and the wire between them; the first call. */
  createNetwork: verb<Record<string, never>, void>(z.strictObject({})),
  startPod: verb<PodSpec, void>(podSpecSchema),
  stopPod: verb<{ uid: string }, void>(z.strictObject({ uid: z.string() })),
};

export type SupervisorVerbs = typeof supervisorVerbs;
