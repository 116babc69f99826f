/** What is wrong with a Service: codes with parameters, which message files turn into words. */
import { z } from 'zod';

/** Worst first. `problem`: it does not work; `warning`: it will surprise; `note`: worth knowing. */
export const severitySchema = z.enum(['problem', 'warning', 'note']);

/**
 * Each code with the parameters its message takes (all strings or numbers):
 *
 * - `selector-matches-nothing` selector
 * - `no-selector`: the Service has none, and nobody has made endpoints for it
 * - `no-ready-pod` pods, and of them: notReady, terminating
 * - `pods-partly-ready` ready, pods
 * - `serving-terminating` pods: all that is left are pods that end, and they are still used
 * - `target-port-unheard` port, targetPort, pods, listening (what the pods listen on): nobody listens there
 * - `target-port-name-unknown` port, targetPort, pods (in so many): no container names a port so
 * - `protocol-unheard` port, targetPort, protocol: listened on in another protocol only
 * - `node-port-not-served` port, nodePort, reason: the proxy could not listen (userspace mode)
 * - `node-port-unreachable-localhost` nodePort, mode: no answer on 127.0.0.1 in nftables mode
 * - `local-without-local-endpoint` policy (externalTrafficPolicy, internalTrafficPolicy)
 * - `local-policy` policy: only pods of this node answer
 * - `headless`, `external-name` externalName: no proxy, no rules
 * - `session-affinity` timeoutSeconds: a client stays with its pod, so a distribution looks uneven
 * - `load-balancer-pending`: no address outside; `load-balancer-off`: the lab's load balancer would give one
 * - `publish-not-ready`: pods that are not ready get traffic too
 * - `source-ranges` ranges: others are dropped, silently
 * - `unsupported-protocol` port, protocol, mode: SCTP in userspace mode
 * - `other-proxy` proxy: the label leaves it to another proxy
 * - `omitted` reason: left out of the rules in this mode and dialect, in the engine's words
 */
export const diagnosisCodes = [
  'selector-matches-nothing',
  'no-selector',
  'no-ready-pod',
  'pods-partly-ready',
  'serving-terminating',
  'target-port-unheard',
  'target-port-name-unknown',
  'protocol-unheard',
  'node-port-not-served',
  'node-port-unreachable-localhost',
  'local-without-local-endpoint',
  'local-policy',
  'headless',
  'external-name',
  'session-affinity',
  'load-balancer-pending',
  'load-balancer-off',
  'publish-not-ready',
  'source-ranges',
  'unsupported-protocol',
  'other-proxy',
  'omitted',
] as const;

export const diagnosisSchema = z.object({
  code: z.enum(diagnosisCodes),
  severity: severitySchema,
  params: z.record(z.string(), z.union([z.string(), z.number()])),
  /** The field to look at: `spec.ports[0].targetPort`; absent where it is about pods. */
  field: z.string().optional(),
});
export type Diagnosis = z.infer<typeof diagnosisSchema>;
