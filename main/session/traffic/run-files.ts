/** Earlier runs, kept in the data folder: two files each, so that a list of them need not read their results. */
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import {
  type RunState,
  type TrafficResult,
  type TrafficRun,
  trafficResultSchema,
  trafficRunSchema,
} from '../../../app/contract/traffic.ts';
import { readIfThere, writePrivateFile } from '../../lab/api-server/credentials/private-file.ts';

const MOST_RESULTS = 5_000;
const NAME = /^(\d{13}-[0-9a-f]{8})\.run\.json$/;

export class RunFiles {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The runs there are, the latest first. One that cannot be read is passed over. */
  list(): TrafficRun[] {
    const ids = this.#names().flatMap((name) => NAME.exec(name)?.[1] ?? []);
    return ids
      .sort()
      .reverse()
      .flatMap((id) => parsed(trafficRunSchema, readIfThere(this.#runFile(id))) ?? []);
  }

  results({ id }: TrafficRun): TrafficResult[] {
    return parsed(z.array(trafficResultSchema), readIfThere(this.#resultsFile(id))) ?? [];
  }

  save({ run, results }: RunState): void {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    writePrivateFile(this.#resultsFile(run.id), JSON.stringify(results.slice(0, MOST_RESULTS)));
    writePrivateFile(this.#runFile(run.id), JSON.stringify(run));
  }

  remove({ id }: TrafficRun): void {
    rmSync(this.#runFile(id), { force: true });
    rmSync(this.#resultsFile(id), { force: true });
  }

  #names(): string[] {
    try {
      return readdirSync(this.#folder);
    } catch {
      return [];
    }
  }

  #runFile(id: string): string {
    return join(this.#folder, `${id}.run.json`);
  }

  #resultsFile(id: string): string {
    return join(this.#folder, `${id}.results.json`);
  }
}

function parsed<Schema extends z.ZodType>(
  schema: Schema,
  text: string | undefined,
): z.infer<Schema> | undefined {
  if (text === undefined) return undefined;
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
