import { expect, it } from 'vitest';
import { closestName } from './closest-name.ts';

const names = ['mysql-service', 'ssh-service1', 'web', 'web-admin'];

it.each([
  ['a letter too few', 'mysql-servic', 'mysql-service'],
  ['letters swapped', 'mysql-sevrice', 'mysql-service'],
  ['other capitals', 'MySQL-Service', 'mysql-service'],
  ['a letter of three wrong', 'wob', 'web'],
  ['something else', 'postgres', undefined],
  ['something else that is as short as a name', 'abc', undefined],
])('finds what was meant by %s', (_name, typed, meant) => {
  expect(closestName(typed, names)).toBe(meant);
});
