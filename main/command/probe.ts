import { ORPCError } from '@orpc/client';
import type { TargetInLab } from '../../app/contract/lab.ts';
import type { FailureContext } from '../../app/probe/failure-cause.ts';
import { type ProbeResult, summarize } from '../../app/probe/result.ts';
import { parseTarget, TargetError } from '../../app/probe/target.ts';
import { dataFolder } from '../lab/data-folder.ts';
import { checkPlace, inPlace, placeNamespaceName } from '../lab/place.ts';
import { findRunningLab } from '../lab/running-lab.ts';
import type { ProbePlan } from '../probe/plan.ts';
import { asJson, describeSummary } from '../probe/report.ts';
import { startProber } from '../probe/start-prober.ts';
import { controlClient } from '../shells/control/control-client.ts';
import { BadInputError } from './bad-input-error.ts';

export interface ProbeOptions {
  from: string;
  target: string;
  protocol?: ProbePlan['protocol'];
  requests: number;
  concurrency: number;
  keepAlive?: boolean;
  timeout: number;
  data?: string;
  json?: boolean;
}

interface Way {
  target: TargetInLab;
  wrap: (argv: readonly string[]) => [string, ...string[]];
}

/** From this computer to a plain address no lab is needed. */
function withoutLab(text: string): TargetInLab | undefined {
  const target = parseTarget(text);
  if (target.kind !== 'address') return undefined;
  const { address, port } = target;
  return { address, port, protocol: 'TCP', way: 'address', mode: 'iptables', dialect: 'current' };
}

async function findWay({ from, target: text, data }: ProbeOptions): Promise<Way> {
  const plain = from === 'here' ? withoutLab(text) : undefined;
  const here = (argv: readonly string[]): [string, ...string[]] => [argv[0] ?? '', ...argv.slice(1)];
  if (plain) return { target: plain, wrap: here };
  parseTarget(text);
  // Words that can never be a place are told before a lab is asked for.
  if (from !== 'here') placeNamespaceName(from);
  const { ready } = findRunningLab(dataFolder(data));
  if (from !== 'here') checkPlace(ready.supervisorPid, from);
  try {
    const target = await controlClient(ready.control).resolveTarget({ target: text });
    return { target, wrap: from === 'here' ? here : (argv) => inPlace(ready.supervisorPid, from, argv) };
  } catch (error) {
    if (error instanceof ORPCError && error.code === 'BAD_TARGET') throw new BadInputError(error.message);
    throw error;
  }
}

function planFor(options: ProbeOptions, target: TargetInLab): ProbePlan {
  if (target.protocol === 'SCTP')
    throw new BadInputError(`${options.target} is an SCTP port; probe speaks TCP and UDP`);
  return {
    address: target.address,
    port: target.port,
    protocol: options.protocol ?? (target.protocol === 'UDP' ? 'udp' : 'http'),
    requests: options.requests,
    concurrency: options.concurrency,
    keepAlive: options.keepAlive ?? false,
    timeoutMs: options.timeout,
  };
}

/** A line on a terminal that counts; nothing in a pipe. */
function counter(all: number): { count: (done: number) => void; end: () => void } {
  if (!process.stderr.isTTY || all < 10) return { count: () => {}, end: () => {} };
  let shownAt = 0;
  return {
    count: (done) => {
      if (performance.now() - shownAt < 100) return;
      shownAt = performance.now();
      process.stderr.write(`\r\u001b[K${done} of ${all}…`);
    },
    end: () => process.stderr.write('\r\u001b[K'),
  };
}

async function runPlan(plan: ProbePlan, wrap: Way['wrap']): Promise<ProbeResult[]> {
  const results: ProbeResult[] = [];
  const progress = counter(plan.requests);
  const stop = new AbortController();
  // ^C stops the requests; what was answered until then is reported.
  const onSignal = (): void => stop.abort();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, onSignal);
  try {
    await startProber({
      plan,
      wrap,
      signal: stop.signal,
      onResult: (result) => {
        results.push(result);
        progress.count(results.length);
      },
    });
  } finally {
    progress.end();
  }
  return results.sort((a, b) => a.index - b.index);
}

/** Sends requests and says what came back. Gives 0 when all were answered, else 1. */
export async function probe(options: ProbeOptions): Promise<number> {
  let way: Way;
  try {
    way = await findWay(options);
  } catch (error) {
    if (error instanceof TargetError) throw new BadInputError(error.message);
    throw error;
  }
  const { target, wrap } = way;
  const plan = planFor(options, target);
  let results: ProbeResult[];
  try {
    results = await runPlan(plan, wrap);
  } catch (error) {
    // A place that could not be entered may be that of a lab that has ended meanwhile, which says so here.
    if (options.from !== 'here') findRunningLab(dataFolder(options.data));
    throw error;
  }
  const summary = summarize(results);
  const context: FailureContext = {
    mode: target.mode,
    dialect: target.dialect,
    way: target.way,
    protocol: plan.protocol === 'udp' ? 'UDP' : 'TCP',
    ipv6: target.address.includes(':'),
    ...(target.readyEndpoints === undefined ? {} : { readyEndpoints: target.readyEndpoints }),
  };
  const host = target.address.includes(':') ? `[${target.address}]` : target.address;
  const mode = target.service ? `, ${target.mode} mode` : '';
  const title = `${options.from} → ${host}:${target.port} (${plan.protocol}${target.service ? `, ${target.service}` : ''}${mode})`;
  process.stdout.write(
    options.json ? asJson({ target, summary, results, context }) : describeSummary(title, summary, context),
  );
  return summary.failed === 0 && summary.ok > 0 ? 0 : 1;
}
