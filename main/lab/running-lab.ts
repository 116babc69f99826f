/**
 * The file `lab.json` of a data folder: which process runs the lab there, and how to reach it. Its first
 * purpose is to be a lock: one lab a folder. A lab that was killed leaves it behind; the process's start
 * time tells it from another process that was given the same number since.
 */
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { processStartTime } from '../process-start-time.ts';

const runningLabSchema = z.object({
  pid: z.int().positive(),
  startTime: z.string(),
  /** Absent until the lab is up. */
  ready: z
    .object({
      supervisorPid: z.int().positive(),
      control: z.object({ url: z.url(), token: z.string() }),
      kubeconfig: z.string(),
      nodeIP: z.string(),
    })
    .optional(),
});

export type RunningLab = z.infer<typeof runningLabSchema>;
export type ReadyLab = RunningLab & Required<Pick<RunningLab, 'ready'>>;

/** The folder is another running lab's. */
export class LabRunningError extends Error {
  constructor(folder: string, pid: number) {
    super(
      `a lab is already running on ${folder} (process ${pid}). ` +
        'Use that one, end it first, or name another folder with --data.',
    );
    this.name = 'LabRunningError';
  }
}

/** No lab runs on the folder. */
export class NoLabError extends Error {
  constructor(folder: string) {
    super(
      `no lab is running on ${folder}. Start one with: kube-proxy-lab lab up (or name its folder with --data)`,
    );
    this.name = 'NoLabError';
  }
}

function fileOf(folder: string): string {
  return join(folder, 'lab.json');
}

/** Undefined where there is no such file, or one that was cut off. */
function parse(file: string): RunningLab | undefined {
  try {
    const parsed = runningLabSchema.safeParse(JSON.parse(readFileSync(file, 'utf8')));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

function read(folder: string): RunningLab | undefined {
  return parse(fileOf(folder));
}

function isAlive(lab: RunningLab): boolean {
  return processStartTime(lab.pid) === lab.startTime;
}

/** The lab that runs on a folder and is up. Throws NoLabError. */
export function findRunningLab(folder: string): ReadyLab {
  const lab = read(folder);
  if (!lab?.ready || !isAlive(lab)) throw new NoLabError(folder);
  return { ...lab, ready: lab.ready };
}

/** This process's hold on a data folder. */
export class DataFolderLock {
  readonly #folder: string;
  readonly #lab: RunningLab;

  private constructor(folder: string, lab: RunningLab) {
    this.#folder = folder;
    this.#lab = lab;
  }

  /** Takes the folder, making it where there is none. Throws LabRunningError. */
  static take(folder: string): DataFolderLock {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const lab: RunningLab = { pid: process.pid, startTime: processStartTime(process.pid) ?? 'unknown' };
    const own = `${fileOf(folder)}.${process.pid}`;
    writeFileSync(own, JSON.stringify(lab), { mode: 0o600 });
    try {
      for (;;) {
        try {
          // A link is made whole or not at all, and never over another.
          linkSync(own, fileOf(folder));
          return new DataFolderLock(folder, lab);
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
        }
        DataFolderLock.#clearDead(folder);
      }
    } finally {
      rmSync(own, { force: true });
    }
  }

  /** Moves a dead lab's file out of the way. Whoever moves it checks what it moved: another may have been first. */
  static #clearDead(folder: string): void {
    const held = read(folder);
    if (held && isAlive(held)) throw new LabRunningError(folder, held.pid);
    const aside = `${fileOf(folder)}.dead.${process.pid}`;
    try {
      renameSync(fileOf(folder), aside);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
      throw error;
    }
    const moved = parse(aside);
    if (moved && isAlive(moved)) linkSync(aside, fileOf(folder));
    rmSync(aside);
    if (moved && isAlive(moved)) throw new LabRunningError(folder, moved.pid);
  }

  /** Says how to reach the lab, for the commands that will ask. */
  publish(ready: NonNullable<RunningLab['ready']>): void {
    const next = `${fileOf(this.#folder)}.next`;
    writeFileSync(next, JSON.stringify({ ...this.#lab, ready }), { mode: 0o600 });
    renameSync(next, fileOf(this.#folder));
  }

  release(): void {
    rmSync(fileOf(this.#folder), { force: true });
  }
}
