/** What the command prints of a probe: for people, and as JSON. */
import type { FailureContext } from '../../app/probe/failure-cause.ts';
import { failureWords } from '../../app/probe/failure-words.ts';
import type { FailureKind, ProbeResult, ProbeSummary } from '../../app/probe/result.ts';

const BAR_WIDTH = 30;

const names: Record<FailureKind, string> = {
  refused: 'refused',
  'timed-out': 'timed out',
  'closed-without-answer': 'accepted, then closed without an answer',
  reset: 'broken off',
  unreachable: 'no route',
  other: 'failed',
};

function table(rows: [string, number][], all: number): string[] {
  const width = Math.max(...rows.map(([name]) => name.length));
  const digits = String(Math.max(...rows.map(([, count]) => count))).length;
  return rows.map(([name, count]) => {
    const bar = '█'.repeat(Math.max(1, Math.round((count / all) * BAR_WIDTH)));
    // Of a few hundred requests half a per cent is one: whole numbers would not add up.
    const share = `${((count / all) * 100).toFixed(1)} %`;
    return `  ${name.padEnd(width)}  ${String(count).padStart(digits)}  ${bar} ${share}`;
  });
}

function milliseconds(value: number): string {
  return value < 10 ? value.toFixed(2) : value.toFixed(0);
}

/** The summary as people read it, failures with what they usually mean. */
export function describeSummary(title: string, summary: ProbeSummary, context: FailureContext): string {
  const { requests, ok, pods, sources, failures, latencyMs } = summary;
  const lines = [`${title}: ${ok} of ${requests} answered`];
  if (pods.length > 0)
    lines.push(
      '',
      ...table(
        pods.map(({ pod, count }) => [pod, count]),
        requests,
      ),
    );
  if (latencyMs) {
    const { min, p50, p90, p99, max } = latencyMs;
    const values = [
      `min ${milliseconds(min)}`,
      `median ${milliseconds(p50)}`,
      `p90 ${milliseconds(p90)}`,
      `p99 ${milliseconds(p99)}`,
      `max ${milliseconds(max)}`,
    ];
    lines.push('', `  latency  ${values.join('  ')} ms`);
  }
  if (sources.length > 0) {
    lines.push(
      `  source   ${sources.map(({ address, count }) => `${address} (${count})`).join(', ')}, as the pods saw it`,
    );
  }
  for (const { kind, count } of failures) {
    lines.push('', `  ${names[kind]}: ${count}`, `    ${failureWords(kind, context)}`);
  }
  return `${lines.join('\n')}\n`;
}

/** Everything as one object; each failure with its words. */
export function asJson(parts: {
  target: object;
  summary: ProbeSummary;
  results: readonly ProbeResult[];
  context: FailureContext;
}): string {
  const results = parts.results.map((result) =>
    result.failure
      ? { ...result, failure: { ...result.failure, words: failureWords(result.failure.kind, parts.context) } }
      : result,
  );
  return `${JSON.stringify({ target: parts.target, summary: parts.summary, results })}\n`;
}
