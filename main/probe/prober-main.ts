/**
 * The prober: started in the place that requests come from, reads a plan (one line of JSON on standard
 * input), prints each result as a line of JSON. Ends when it is done, at SIGTERM, or when whoever started it
 * closes its standard input.
 */
import { probePlanSchema } from './plan.ts';
import { runProbe } from './run.ts';

const stop = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort());

async function main(text: string): Promise<void> {
  const plan = probePlanSchema.parse(JSON.parse(text));
  await runProbe(plan, (result) => process.stdout.write(`${JSON.stringify(result)}\n`), stop.signal);
  // Standard input stays open for the one who may close it.
  process.stdin.destroy();
}

let received = '';
process.stdin.setEncoding('utf8');
process.stdin.on('data', (chunk: string) => {
  const begun = received.includes('\n');
  received += chunk;
  if (!begun && received.includes('\n')) void main(received.slice(0, received.indexOf('\n')));
});
process.stdin.on('end', () => stop.abort());
