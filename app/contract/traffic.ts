/** Requests sent through the rules, and what came of them. */
import { z } from 'zod';
import { failureKinds } from '../probe/result.ts';
import { clusterProviders, nodeKinds, wayReasons, waysFrom } from '../reach/ways.ts';
import { procedure } from './error.ts';
import { feed } from './feed.ts';
import { dialectSchema, proxyModeSchema, resolvedTargetSchema } from './lab.ts';

export const trafficProtocolSchema = z.enum(['http', 'tcp', 'udp']);

/** What to send, from where, to where. */
export const trafficPlanSchema = z.object({
  /** `client` (outside), `node`, `pod/NAME`, `pod/NAMESPACE/NAME`, or `here`: this computer, in the lab through a forwarder. */
  from: z.string().min(1).max(400),
  /** `10.0.0.5:30964`, `mysql-service:3306`, `mysql-service/nodePort`, as `app/probe/target.ts` reads it. */
  target: z.string().min(1).max(1024),
  /** The address that is asked instead of the target's own: a port of this computer that is led to its node port. */
  at: z.object({ address: z.union([z.ipv4(), z.ipv6()]), port: z.int().min(1).max(65535) }).optional(),
  /** From a pod of another cluster than the lab commands are run in it: the person has agreed to that. */
  agreed: z.boolean().optional(),
  /** Absent: HTTP, or UDP where the port is UDP. */
  protocol: trafficProtocolSchema.optional(),
  requests: z.int().min(1).max(100_000),
  /** How many at a time. */
  concurrency: z.int().min(1).max(1000),
  /** Kept connections rather than a new one for each request. */
  keepAlive: z.boolean(),
  timeoutMs: z.int().min(1).max(60_000),
});
export type TrafficPlan = z.infer<typeof trafficPlanSchema>;

export const failureKindSchema = z.enum(failureKinds);

/** One request; `app/probe/result.ts` has the same shape. */
export const trafficResultSchema = z.object({
  index: z.int(),
  ok: z.boolean(),
  pod: z.string().optional(),
  namespace: z.string().optional(),
  client: z.string().optional(),
  answeredBy: z.string().optional(),
  connectMs: z.number().optional(),
  totalMs: z.number(),
  failure: z.object({ kind: failureKindSchema, code: z.string() }).optional(),
});
export type TrafficResult = z.infer<typeof trafficResultSchema>;

export const trafficSummarySchema = z.object({
  requests: z.int(),
  ok: z.int(),
  failed: z.int(),
  /** The busiest first; `(no pod: …)` for what was answered by something else. */
  pods: z.array(z.object({ pod: z.string(), count: z.int() })),
  /** The addresses that the pods saw the requests come from. */
  sources: z.array(z.object({ address: z.string(), count: z.int() })),
  failures: z.array(z.object({ kind: failureKindSchema, count: z.int() })),
  latencyMs: z
    .object({ min: z.number(), p50: z.number(), p90: z.number(), p99: z.number(), max: z.number() })
    .optional(),
});
export type TrafficSummary = z.infer<typeof trafficSummarySchema>;

/**
 * A run. Its words for failures are made by `app/probe/failure-words.ts`, or translated by the interface
 * from the same facts: `kind`, `target.way`, `mode`, `dialect`, `target.readyEndpoints`, protocol, IPv6.
 */
export const trafficRunSchema = z.object({
  id: z.string(),
  plan: trafficPlanSchema,
  protocol: trafficProtocolSchema,
  /** Where the target was found to be when the run began; mode and dialect of that moment are in it. */
  target: resolvedTargetSchema,
  /** RFC 3339. */
  startedAt: z.string(),
  endedAt: z.string().nullable(),
  /** `failed`: the prober itself could not be run; `error` says why. */
  state: z.enum(['running', 'done', 'stopped', 'failed']),
  error: z.string().optional(),
  summary: trafficSummarySchema,
  mode: proxyModeSchema.nullable(),
  dialect: dialectSchema.nullable(),
  /** In words (English), one for each kind of failure there was. */
  explanations: z.array(z.object({ kind: failureKindSchema, words: z.string() })),
});
export type TrafficRun = z.infer<typeof trafficRunSchema>;

/** A run and its results so far, in the order they came; of an earlier run at most the first 5,000. */
export const runStateSchema = z.object({ run: trafficRunSchema, results: z.array(trafficResultSchema) });
export type RunState = z.infer<typeof runStateSchema>;

export const runChangeSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('results'), results: z.array(trafficResultSchema) }),
  /** The run with its summary up to now. */
  z.object({ type: z.literal('run'), run: trafficRunSchema }),
]);
export type RunChange = z.infer<typeof runChangeSchema>;

/** All runs, the latest first. */
export const runsStateSchema = z.object({ runs: z.array(trafficRunSchema) });
export type RunsState = z.infer<typeof runsStateSchema>;
export const runsChangeSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('run'), run: trafficRunSchema }),
  z.object({ type: z.literal('removed'), id: z.string() }),
]);
export type RunsChange = z.infer<typeof runsChangeSchema>;

/** A port of this computer that leads into the lab, as if from the client outside. */
export const forwarderSchema = z.object({
  id: z.string(),
  /** On 127.0.0.1. */
  port: z.int(),
  protocol: z.enum(['TCP', 'UDP']),
  /** The address and port inside that it leads to. */
  address: z.string(),
  targetPort: z.int(),
  /** `namespace/name` where it was opened for a Service. */
  service: z.string().optional(),
  connections: z.int(),
});
export type Forwarder = z.infer<typeof forwarderSchema>;

const remedySchema = z.discriminatedUnion('how', [
  /** Part of a kind configuration. */
  z.object({ how: z.literal('kind-mapping'), yaml: z.string(), recreates: z.literal(true) }),
  z.object({ how: z.literal('command'), command: z.array(z.string()), recreates: z.boolean() }),
]);

/** From where a target is asked at which address, whether that works, and why; as `app/reach/ways.ts` finds it. */
export const wayToTargetSchema = z.object({
  from: z.enum(waysFrom),
  works: z.enum(['yes', 'no', 'perhaps']),
  reason: z.enum(wayReasons),
  address: z.string().optional(),
  port: z.int().optional(),
  /** To be typed, as words. */
  command: z.array(z.string()).optional(),
  remedy: remedySchema.optional(),
});
export type WayToTarget = z.infer<typeof wayToTargetSchema>;

export const waysToTargetSchema = z.object({
  provider: z.enum(clusterProviders),
  node: z.enum(nodeKinds),
  /** Those that work first. */
  ways: z.array(wayToTargetSchema),
  /** What could not be asked, and might have told more: a container runtime that does not answer. */
  gaps: z.array(z.string()),
});
export type WaysToTarget = z.infer<typeof waysToTargetSchema>;

const idInput = z.object({ id: z.string().max(64) });

export const trafficContract = {
  /**
   * Starts a run; `watchRun` shows it. NOT_FOUND for a target or place that is not there, REFUSED for a port
   * of this computer that is taken (`from: here`).
   */
  start: procedure.input(trafficPlanSchema).output(trafficRunSchema),
  /** Stops it; what was answered until then stays. */
  stop: procedure.input(idInput).output(trafficRunSchema),
  /** One run, live where it still runs, in batches of about 100 ms; ends with the run. */
  watchRun: procedure.input(idInput).output(feed(runStateSchema, runChangeSchema)),
  /** All runs: the running ones and the latest 50 earlier ones, which survive a restart. */
  watchRuns: procedure.output(feed(runsStateSchema, runsChangeSchema)),
  removeRun: procedure.input(idInput).output(z.object({})),
  /** What a target is now, for the form: BAD targets are NOT_FOUND with what can be given. */
  resolve: procedure.input(z.object({ target: z.string().max(1024) })).output(resolvedTargetSchema),
  /** From where a Service's port can be asked, in a cluster that is not the lab; NOT_FOUND as of `resolve`. */
  ways: procedure.input(z.object({ target: z.string().max(1024) })).output(waysToTargetSchema),
  /** Opens a port of this computer into the lab, with the target's own number. REFUSED where it is taken. */
  openForwarder: procedure.input(z.object({ target: z.string().max(1024) })).output(forwarderSchema),
  closeForwarder: procedure.input(idInput).output(z.object({})),
  forwarders: procedure.output(z.array(forwarderSchema)),
};
