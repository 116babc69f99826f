import { parseEcho } from '../../app/contract/echo.ts';
import type { ProbeResult } from '../../app/probe/result.ts';
import { ProbeFailure } from './failure.ts';
import type { ProbePlan } from './plan.ts';
import { type Requester, requesterFor } from './requester.ts';

const SHOWN_OF_OTHERS = 100;

function rounded(milliseconds: number): number {
  return Math.round(milliseconds * 100) / 100;
}

async function oneRequest(requester: Requester, index: number): Promise<ProbeResult> {
  const startedAt = performance.now();
  const total = (): number => rounded(performance.now() - startedAt);
  try {
    const { text, connectMs, firstByteMs } = await requester.request();
    const times = {
      ...(connectMs === undefined ? {} : { connectMs: rounded(connectMs) }),
      ...(firstByteMs === undefined ? {} : { firstByteMs: rounded(firstByteMs) }),
      totalMs: total(),
    };
    const echo = parseEcho(text.split('\n')[0] ?? '');
    if (!echo) return { index, ok: true, answeredBy: text.trim().slice(0, SHOWN_OF_OTHERS), ...times };
    const { pod, namespace, client } = echo;
    return { index, ok: true, pod, namespace, client, ...times };
  } catch (error) {
    if (!(error instanceof ProbeFailure)) throw error;
    return { index, ok: false, totalMs: total(), failure: { kind: error.kind, code: error.code } };
  }
}

/** Sends the plan's requests, so many at a time, and hands each result over as it comes. */
export async function runProbe(plan: ProbePlan, onResult: (result: ProbeResult) => void): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    const requester = requesterFor(plan);
    try {
      while (next < plan.requests) onResult(await oneRequest(requester, next++));
    } finally {
      requester.close();
    }
  };
  await Promise.all(Array.from({ length: Math.min(plan.concurrency, plan.requests) }, worker));
}
