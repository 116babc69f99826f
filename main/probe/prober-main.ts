/**
 * The prober: started in the place that requests come from, reads a plan (one line of JSON on standard
 * input), prints each result as a line of JSON. Ends when it is done, at SIGTERM, or when whoever started it
 * closes its standard input; what is under way then is not told of.
 */
import { z } from 'zod';
import { probePlanSchema } from './plan.ts';
import { runProbe } from './run.ts';

/** Ends once everything printed so far has been taken. */
function end(exitCode: number): void {
  process.stdout.write('', () => process.exit(exitCode));
}

/** The plan, or undefined after having said what is wrong with it. */
function readPlan(line: string): z.infer<typeof probePlanSchema> | undefined {
  try {
    return probePlanSchema.parse(JSON.parse(line));
  } catch (error) {
    const reason = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    process.stderr.write(`the plan on standard input is not one: ${reason}\n`);
    return undefined;
  }
}

async function run(line: string): Promise<void> {
  const plan = readPlan(line);
  if (!plan) {
    end(2);
    return;
  }
  await runProbe(plan, (result) => process.stdout.write(`${JSON.stringify(result)}\n`));
  end(0);
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => end(0));
let received = '';
process.stdin.setEncoding('utf8');
process.stdin.on('data', (chunk: string) => {
  const begun = received.includes('\n');
  received += chunk;
  if (!begun && received.includes('\n')) void run(received.slice(0, received.indexOf('\n')));
});
process.stdin.on('end', () => end(0));
