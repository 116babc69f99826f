import { userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { dataFolder } from './data-folder.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

const own = ['.local', 'share', 'kube-proxy-lab'] as const;

test.runIf(process.platform === 'linux').each([
  ['the home', { HOME: '/home/me', XDG_DATA_HOME: '' }, undefined, join('/home/me', ...own)],
  ['XDG_DATA_HOME', { HOME: '/home/me', XDG_DATA_HOME: '/data' }, undefined, '/data/kube-proxy-lab'],
  [
    'no relative XDG_DATA_HOME',
    { HOME: '/home/me', XDG_DATA_HOME: 'data' },
    undefined,
    join('/home/me', ...own),
  ],
  [
    "the user's home where HOME is empty",
    { HOME: '', XDG_DATA_HOME: '' },
    undefined,
    join(userInfo().homedir, ...own),
  ],
  ['what is named', { HOME: '/home/me', XDG_DATA_HOME: '' }, 'here', resolve('here')],
])('is by %s', (_what, environment, named, folder) => {
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  expect(dataFolder(named)).toBe(folder);
});
