import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ObjectStore, RevisionGoneError, type StoreEvent, type Write } from './object-store.ts';

let directory = '';
let path = '';
let store: ObjectStore;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'object-store-'));
  path = join(directory, 'objects.jsonl');
  store = ObjectStore.open(path);
});

afterEach(() => {
  store.close();
  rmSync(directory, { recursive: true });
});

function put(name: string, data: unknown = name): Write {
  const metadata = {
    name,
    namespace: 'default',
    uid: `uid-${name}`,
    creationTimestamp: '2026-01-01T00:00:00Z',
  };
  return {
    resource: 'configmaps',
    key: `default/${name}`,
    object: { apiVersion: 'v1', kind: 'ConfigMap', metadata, data },
  };
}

function remove(name: string): Write {
  return { resource: 'configmaps', key: `default/${name}`, object: null };
}

function reopen(): void {
  store.close();
  store = ObjectStore.open(path);
}

function contents(at?: number): string[] {
  const objects = at === undefined ? store.list('configmaps') : store.listAt('configmaps', at);
  return objects.map(
    (object) => `${object.metadata.name}=${object['data']}@${object.metadata.resourceVersion}`,
  );
}

describe('a store', () => {
  test('counts one revision a change and keeps it through a reopening', () => {
    store.commit([put('b')]);
    store.commit([put('a'), put('c')]);
    store.commit([put('b', 'changed')]);
    store.commit([remove('c')]);
    expect(contents()).toEqual(['a=a@2', 'b=changed@4']);
    reopen();
    expect(contents()).toEqual(['a=a@2', 'b=changed@4']);
    expect(store.revision).toBe(5);
    store.commit([put('d')]);
    expect(contents()).toContain('d=d@6');
  });

  test('shows earlier states as long as their events are remembered, also after a reopening', () => {
    store.commit([put('a')]);
    store.commit([put('b')]);
    store.commit([put('a', 'changed')]);
    store.commit([remove('b')]);
    const states = [1, 2, 3, 4].map((revision) => contents(revision));
    expect(states).toEqual([['a=a@1'], ['a=a@1', 'b=b@2'], ['a=changed@3', 'b=b@2'], ['a=changed@3']]);
    reopen();
    expect([1, 2, 3, 4].map((revision) => contents(revision))).toEqual(states);
  });

  test('forgets the oldest events, and says from where on it remembers', () => {
    for (let index = 0; index < 1500; index += 1) store.commit([put('a', index)]);
    expect(() => store.eventsAfter(1)).toThrow(RevisionGoneError);
    const { oldest } = gone(() => store.eventsAfter(1));
    expect(store.eventsAfter(oldest).length).toBe(1500 - oldest);
    expect(store.eventsAfter(oldest).length).toBeGreaterThanOrEqual(1000);
  });

  test('tells listeners of every change in order, also of those that listeners make', () => {
    const seen: string[] = [];
    const note = (event: StoreEvent): void => {
      seen.push(`${event.type} ${event.object.metadata.name}@${event.object.metadata.resourceVersion}`);
    };
    store.subscribe((event) => {
      if (event.type === 'ADDED' && event.object.metadata.name === 'a') store.commit([put('b')]);
    });
    const stop = store.subscribe(note);
    store.commit([put('a')]);
    store.commit([put('a', 'changed')]);
    store.commit([remove('a')]);
    stop();
    store.commit([put('c')]);
    expect(seen).toEqual(['ADDED a@1', 'ADDED b@2', 'MODIFIED a@3', 'DELETED a@4']);
  });

  test('rewrites its file when that is mostly history, and loses nothing by it', () => {
    for (let index = 0; index <= 2100; index += 1) store.commit([put(`name-${index % 5}`, index)]);
    const before = contents();
    expect(readFileSync(path, 'utf8').split('\n').length).toBeLessThan(200);
    reopen();
    expect(contents()).toEqual(before);
    expect(store.revision).toBe(2101);
    expect(() => store.eventsAfter(1)).toThrow(RevisionGoneError);
  });
});

describe('a file of objects', () => {
  test('that cannot be rewritten grows on, and every write counts', () => {
    // A folder where the new file would be: what a full disk does, on any machine.
    mkdirSync(`${path}.new`);
    const told: number[] = [];
    store.subscribe(({ revision }) => told.push(revision));
    for (let index = 0; index <= 2100; index += 1) store.commit([put(`name-${index % 5}`, index)]);
    expect(told).toHaveLength(2101);
    const before = contents();
    reopen();
    expect(contents()).toEqual(before);
    expect(readFileSync(path, 'utf8').split('\n').length).toBeGreaterThan(2000);
  });

  test('whose last record is cut short is read up to there and written on', () => {
    store.commit([put('a')]);
    const whole = readFileSync(path, 'utf8');
    store.commit([put('b')]);
    const cut = readFileSync(path, 'utf8').slice(0, whole.length + 20);
    store.close();
    writeFileSync(path, cut);
    store = ObjectStore.open(path);
    expect(contents()).toEqual(['a=a@1']);
    store.commit([put('c')]);
    reopen();
    expect(contents()).toEqual(['a=a@1', 'c=c@2']);
  });

  test.each([
    ['a damaged record', (text: string): string => text.replace('"revision":1', '"revision":1,,'), 2],
    ['something else', (): string => 'hello\n', 1],
    ['JSON that is no record', (text: string): string => `${text}{"revision":"x"}\n`, 4],
  ])('with %s is refused, with its name and the line', (_what, damage, line) => {
    store.commit([put('a')]);
    store.commit([put('b')]);
    store.close();
    writeFileSync(path, damage(readFileSync(path, 'utf8')));
    expect(() => ObjectStore.open(path)).toThrow(`${path}: line ${line} is damaged`);
    writeFileSync(path, '');
    store = ObjectStore.open(path);
  });

  test('of which a rewriting was cut off is the old one', () => {
    store.commit([put('a')]);
    appendFileSync(`${path}.new`, 'half a snap');
    reopen();
    expect(contents()).toEqual(['a=a@1']);
  });
});

function gone(action: () => unknown): RevisionGoneError {
  try {
    action();
  } catch (error) {
    if (error instanceof RevisionGoneError) return error;
  }
  throw new Error('nothing was thrown');
}
