/** Kubeconfig files that are written, replaced, linked, broken and removed while they are followed. */
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { KubeconfigFiles } from './kubeconfig-files.ts';

let home: string;
let files: KubeconfigFiles;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'kubeconfig-files-'));
});

afterEach(() => {
  files.close();
  rmSync(home, { recursive: true, force: true });
});

function follow(listed: string[] = []): void {
  files = new KubeconfigFiles({
    addedFolder: join(home, 'added'),
    except: join(home, 'lab'),
    environment: { KUBECONFIG: listed.map((name) => join(home, name)).join(delimiter) },
    home,
  });
}

function config(names: string[], current = ''): string {
  return JSON.stringify({
    clusters: names.map((name) => ({ name, cluster: { server: `https://${name}:6443` } })),
    users: names.map((name) => ({ name, user: { token: 'x' } })),
    contexts: names.map((name) => ({ name, context: { cluster: name, user: name } })),
    'current-context': current,
  });
}

function write(path: string, text: string): void {
  mkdirSync(join(home, path, '..'), { recursive: true });
  writeFileSync(join(home, path), text);
}

function names(): string[] {
  return files.contexts.map(({ name, current }) => (current ? `${name}*` : name));
}

async function become(expected: string[]): Promise<void> {
  await vi.waitFor(() => expect(names()).toEqual(expected), { timeout: 5_000, interval: 10 });
}

describe('contexts', () => {
  const changes: [string, () => void, () => void, string[], string[]][] = [
    [
      'appear with a file in a folder that was not there',
      () => {},
      () => write('.kube/config', config(['a', 'b'], 'b')),
      [],
      ['a', 'b*'],
    ],
    [
      'change with a file that is replaced by a rename, as kubectl does',
      () => write('.kube/config', config(['a'])),
      () => {
        write('.kube/config.lock', config(['a', 'c'], 'c'));
        renameSync(join(home, '.kube/config.lock'), join(home, '.kube/config'));
      },
      ['a'],
      ['a', 'c*'],
    ],
    [
      'change with the file behind a symbolic link',
      () => {
        write('dotfiles/kube', config(['a']));
        mkdirSync(join(home, '.kube'));
        symlinkSync('../dotfiles/kube', join(home, '.kube/config'));
      },
      () => write('dotfiles/kube', config(['linked'])),
      ['a'],
      ['linked'],
    ],
    [
      'change with a linked folder that leads elsewhere',
      () => {
        write('one/config', config(['one']));
        write('two/config', config(['two']));
        symlinkSync('one', join(home, '.kube'));
      },
      () => {
        symlinkSync('two', join(home, 'new'));
        renameSync(join(home, 'new'), join(home, '.kube'));
      },
      ['one'],
      ['two'],
    ],
    [
      'go with their file',
      () => write('.kube/config', config(['a'])),
      () => rmSync(join(home, '.kube/config')),
      ['a'],
      [],
    ],
  ];
  it.each(changes)('%s', async (_name, before, change, first, then) => {
    before();
    follow();
    expect(names()).toEqual(first);
    change();
    await become(then);
  });

  it('of several files are merged as kubectl does: the first name counts, whichever file asks', () => {
    write('first', JSON.stringify({ clusters: [{ name: 'c', cluster: { server: 'https://first' } }] }));
    write(
      'second',
      JSON.stringify({
        clusters: [{ name: 'c', cluster: { server: 'https://second' } }],
        contexts: [{ name: 'x', context: { cluster: 'c' } }],
        'current-context': 'x',
      }),
    );
    follow(['first', 'missing', 'second']);
    expect(files.contexts.map(({ name, server, current }) => ({ name, server, current }))).toEqual([
      { name: 'x', server: 'https://first', current: true },
    ]);
    expect(files.files.map(({ missing }) => missing)).toEqual([false, true, false]);
  });

  it('of a file that is broken for a while stay, and its place is told; the others stay in any case', async () => {
    write('.kube/config', config(['a']));
    write('other', config(['b']));
    follow(['other']);
    write('.kube/config', 'clusters:\n- name: [');
    await vi.waitFor(() => {
      expect(files.files.map(({ problem }) => problem)).toEqual([null, expect.stringContaining('line 2')]);
    });
    expect(names()).toEqual(['b', 'a']);
    write('.kube/config', config(['a', 'again']));
    await become(['b', 'a', 'again']);
    expect(files.files.map(({ problem }) => problem)).toEqual([null, null]);
  });

  it('are known by the tools that made them', () => {
    write('.kube/config', config(['kind-dev', 'k3d-x', 'minikube', 'prod']));
    write('.minikube/profiles/minikube/config.json', '{}');
    follow();
    expect(files.contexts.map((context) => context.kind(files.minikubeProfiles))).toEqual([
      'kind',
      'k3d',
      'minikube',
      'other',
    ]);
  });
});

it.each([
  ['a manifest', 'kind: Service\napiVersion: v1\n', 'its kind is Service'],
  ['a list', '- 1\n', 'expected object'],
  ['a cluster without a server', 'clusters:\n- name: c\n  cluster: {}\n', 'clusters[0].cluster.server'],
  [
    'an alias that grows',
    `a: &a [${'x,'.repeat(50)}]\n${'b: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\n'}c: [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\n`,
    'alias',
  ],
])('says what is wrong with %s', (_name, text, words) => {
  write('.kube/config', text);
  follow();
  expect(files.files[0]?.problem?.toLowerCase()).toContain(words.toLowerCase());
  expect(names()).toEqual([]);
});
