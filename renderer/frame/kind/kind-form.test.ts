import { expect, it } from 'vitest';
import { configOf, type KindForm, nameProblem, optionsOf } from './kind-form.ts';

const FORM: KindForm = { name: 'demo', ipFamily: 'ipv4', kubeProxyMode: 'none', ports: [] };
const port = (containerPort: number | null, hostPort: number | null) =>
  ({ containerPort, hostPort, protocol: 'TCP' }) as const;

it.each([
  ['', 'empty'],
  ['Demo', 'invalid'],
  ['old', 'taken'],
  ['demo', undefined],
] as const)('the name %j: %s', (name, problem) => {
  expect(nameProblem(name, ['old'])).toBe(problem);
});

it('is whole when all ports are, and none is led twice', () => {
  expect(optionsOf({ ...FORM, ports: [port(30080, 8080)] })?.ports).toHaveLength(1);
  expect(optionsOf({ ...FORM, ports: [port(30080, null)] })).toBeUndefined();
  expect(optionsOf({ ...FORM, ports: [port(30080, 80), port(30081, 80)] })).toBeUndefined();
});

it('shows a configuration at any time', () => {
  expect(configOf({ ...FORM, ports: [port(30080, null)] })).toContain('kubeProxyMode: none');
});
