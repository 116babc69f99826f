/**
 * Started by npm (`npm start`, `npx kube-proxy-lab`), we are what npm runs: when npm is killed, nobody is
 * left to end us. A terminal's hang-up and ^C reach us themselves; kill -9 of npm does not.
 */
import { readFileSync } from 'node:fs';

const CHECK_MS = 500;

interface ProcessStat {
  parent: number;
  startTime: string;
}

function statOf(pid: number): ProcessStat | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { parent: Number(fields[1]), startTime: fields[19] ?? '' };
  } catch {
    return undefined;
  }
}

function isNpm(pid: number): boolean {
  try {
    return /\bnp[mx]\b/.test(readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' '));
  } catch {
    return false;
  }
}

/** The nearest npm above us; it may have a shell between. */
function npmAbove(): number | undefined {
  let pid = process.ppid;
  for (let level = 0; level < 4 && pid > 1; level++) {
    if (isNpm(pid)) return pid;
    pid = statOf(pid)?.parent ?? 0;
  }
  return undefined;
}

/** Calls back once when the npm that started us has gone. Does nothing where npm did not. */
export function onNpmGone(callback: () => void): void {
  if (!process.env['npm_execpath'] && !process.env['npm_command']) return;
  const npm = npmAbove();
  const startTime = npm === undefined ? undefined : statOf(npm)?.startTime;
  if (npm === undefined || startTime === undefined) return;
  const timer = setInterval(() => {
    if (statOf(npm)?.startTime === startTime) return;
    clearInterval(timer);
    callback();
  }, CHECK_MS);
  timer.unref();
}
