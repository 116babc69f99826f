import { type Check, runChecks } from '../doctor/checks.ts';
import { readConfigurationFile } from './read-configuration.ts';

const SIGNS: Record<Check['state'], string> = { ok: '✓', lacking: '!', broken: '✗' };

function lines(check: Check, width: number): string[] {
  const first = `${SIGNS[check.state]} ${check.name.padEnd(width)}  ${check.found}`;
  return check.remedy ? [first, `${' '.repeat(width + 4)}→ ${check.remedy}`] : [first];
}

function configurationChecks(file: string | undefined): Check[] {
  if (file === undefined) return [];
  const { warnings, inert } = readConfigurationFile(file);
  return [
    ...warnings.map((found): Check => ({ name: 'configuration', state: 'lacking', found })),
    ...inert.map(
      (field): Check => ({
        name: `configuration ${field}`,
        state: 'ok',
        found: 'accepted; has no effect here',
      }),
    ),
  ];
}

/** Says what this machine has and lacks. Gives 1 where the lab does not run here, else 0. */
export async function doctor(options: { json?: boolean; config?: string }): Promise<number> {
  const checks = [...configurationChecks(options.config), ...(await runChecks())];
  const broken = checks.some((check) => check.state === 'broken');
  if (options.json) process.stdout.write(`${JSON.stringify({ ok: !broken, checks })}\n`);
  else {
    const width = Math.max(...checks.map((check) => check.name.length));
    process.stdout.write(`${checks.flatMap((check) => lines(check, width)).join('\n')}\n`);
    const verdict = broken ? 'The lab does not run on this machine yet.' : 'The lab runs on this machine.';
    process.stdout.write(`\n${verdict}\n`);
  }
  return broken ? 1 : 0;
}
