/** One HTTP request by a program that a pod's image mostly has: what to run, and what its answer means. */
import { parseEcho } from '../contract/echo.ts';
import { joinHostPort } from '../proxy/ip-address.ts';
import type { FailureKind, ProbeResult } from './result.ts';

/** In the order they are looked for: curl tells how long it took itself. */
export const podPrograms = ['curl', 'wget'] as const;
export type PodProgram = (typeof podPrograms)[number];

/** Tells whether the program is there; what it says is of no interest. */
export const presenceArgv: Readonly<Record<PodProgram, readonly [string, ...string[]]>> = {
  curl: ['curl', '--version'],
  wget: ['wget', '--help'],
};

export interface PodRequest {
  program: PodProgram;
  address: string;
  port: number;
  timeoutMs: number;
}

/** Between the answer and curl's own times. */
const MARK = '\nkube-proxy-lab ';
const SHOWN_OF_OTHERS = 100;

export function requestArgv({
  program,
  address,
  port,
  timeoutMs,
}: PodRequest): readonly [string, ...string[]] {
  const url = `http://${joinHostPort(address, port)}/`;
  // BusyBox's wget takes whole seconds, and both know these letters.
  const seconds = Math.max(1, Math.ceil(timeoutMs / 1000));
  if (program === 'wget') return ['wget', '-q', '-O', '-', '-T', String(seconds), url];
  const times = `${MARK}%{time_connect} %{time_total}`;
  const limit = String(timeoutMs / 1000);
  // Its error alone is `Could not connect` since version 8, whatever the kernel said: that is told on the way.
  return [
    'curl',
    '--silent',
    '--show-error',
    '--verbose',
    '--noproxy',
    '*',
    '--max-time',
    limit,
    '--write-out',
    times,
    url,
  ];
}

export interface PodAnswer {
  stdout: string;
  stderr: string;
  exitCode: number;
}

/**
 * @param tookMs as it was measured here, with the way over the API in it: curl's own times are taken where there are any
 */
export function resultOf(
  index: number,
  { stdout, stderr, exitCode }: PodAnswer,
  tookMs: number,
): ProbeResult {
  const at = stdout.lastIndexOf(MARK);
  const [connect = Number.NaN, total = Number.NaN] =
    at < 0
      ? []
      : stdout
          .slice(at + MARK.length)
          .trim()
          .split(' ')
          .map((seconds) => Number(seconds) * 1000);
  const totalMs = Number.isFinite(total) ? rounded(total) : rounded(tookMs);
  if (exitCode !== 0) return { index, ok: false, totalMs, failure: failureOf(stderr, exitCode) };
  const text = at < 0 ? stdout : stdout.slice(0, at);
  const times = { ...(Number.isFinite(connect) ? { connectMs: rounded(connect) } : {}), totalMs };
  const echo = parseEcho(text.split('\n')[0] ?? '');
  if (!echo) return { index, ok: true, answeredBy: text.trim().slice(0, SHOWN_OF_OTHERS), ...times };
  const { pod, namespace, client } = echo;
  return { index, ok: true, pod, namespace, client, ...times };
}

/** By what curl, GNU's wget and BusyBox's say; curl's exit code 7 alone may be a refusal or no route. */
const WORDS: readonly (readonly [RegExp, FailureKind])[] = [
  [/refused/i, 'refused'],
  [/timed? ?out/i, 'timed-out'],
  [/reset/i, 'reset'],
  [/no route|unreachable/i, 'unreachable'],
  [/empty reply|no data received|error getting response/i, 'closed-without-answer'],
];

function failureOf(stderr: string, exitCode: number): NonNullable<ProbeResult['failure']> {
  const kind = WORDS.find(([words]) => words.test(stderr))?.[1] ?? 'other';
  const said = stderr.trim().split('\n').at(-1)?.slice(0, SHOWN_OF_OTHERS) ?? '';
  return { kind, code: said || `exit code ${exitCode}` };
}

function rounded(milliseconds: number): number {
  return Math.round(milliseconds * 100) / 100;
}
