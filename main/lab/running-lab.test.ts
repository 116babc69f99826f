import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DataFolderLock, findRunningLab, LabRunningError, NoLabError } from './running-lab.ts';

const ready = {
  supervisorPid: 1,
  control: { url: 'http://127.0.0.1:1/rpc', token: 't' },
  kubeconfig: '/k',
  nodeIP: '10.0.0.5',
};

describe('the hold on a data folder', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'kube-proxy-lab-test-'));
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  it('is one at a time, and free again once released', () => {
    const lock = DataFolderLock.take(folder);
    expect(() => DataFolderLock.take(folder)).toThrow(LabRunningError);
    lock.release();
    DataFolderLock.take(folder).release();
  });

  it('shows a lab only when it is up', () => {
    const lock = DataFolderLock.take(folder);
    expect(() => findRunningLab(folder)).toThrow(NoLabError);
    lock.publish(ready);
    expect(findRunningLab(folder)).toMatchObject({ pid: process.pid, ready });
    lock.release();
    expect(() => findRunningLab(folder)).toThrow(NoLabError);
  });

  it('passes to the next when the process that had it was killed', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    const stat = readFileSync(`/proc/${child.pid}/stat`, 'utf8');
    const startTime = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    writeFileSync(join(folder, 'lab.json'), JSON.stringify({ pid: child.pid, startTime, ready }));
    expect(() => DataFolderLock.take(folder)).toThrow(`process ${child.pid}`);
    child.kill('SIGKILL');
    await once(child, 'close');
    expect(() => findRunningLab(folder)).toThrow(NoLabError);
    DataFolderLock.take(folder).release();
  });

  it('is not held by another process that was given the same number', () => {
    writeFileSync(join(folder, 'lab.json'), JSON.stringify({ pid: process.pid, startTime: '1', ready }));
    const lock = DataFolderLock.take(folder);
    lock.release();
    expect(existsSync(join(folder, 'lab.json'))).toBe(false);
  });

  it('is not held by a file that was cut off', () => {
    writeFileSync(join(folder, 'lab.json'), '{"pid": 12');
    DataFolderLock.take(folder).release();
  });

  it('makes the folder, for its user alone', () => {
    const inner = join(folder, 'a', 'b');
    DataFolderLock.take(inner).release();
    expect(existsSync(inner)).toBe(true);
  });
});
