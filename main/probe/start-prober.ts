import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { ProbeResult } from '../../app/probe/result.ts';
import { programFile } from '../program-files.ts';
import type { ProbePlan } from './plan.ts';

/**
 * Starts the prober where `wrap` puts it (a place of the lab, or here) and hands over its results as they
 * come. Resolves when it has ended; rejects with what it said where it did not come that far.
 */
export function startProber(options: {
  plan: ProbePlan;
  /** Makes of the prober's argv the one that starts it in its place. */
  wrap: (argv: readonly string[]) => [string, ...string[]];
  onResult: (result: ProbeResult) => void;
  signal?: AbortSignal;
}): Promise<void> {
  const { plan, wrap, onResult, signal } = options;
  const [command, ...args] = wrap([process.execPath, programFile('prober')]);
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  const stop = (): void => {
    child.stdin.end();
  };
  signal?.addEventListener('abort', stop);
  return new Promise((resolve, reject) => {
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-4096);
    });
    createInterface(child.stdout).on('line', (line) => onResult(JSON.parse(line) as ProbeResult));
    child.on('error', reject);
    child.on('close', (code) => {
      signal?.removeEventListener('abort', stop);
      if (code === 0) resolve();
      else
        reject(new Error(`the prober ended with exit code ${code}: ${stderr.trim() || 'it said nothing'}`));
    });
    child.stdin.on('error', () => {});
    child.stdin.write(`${JSON.stringify(plan)}\n`);
  });
}
