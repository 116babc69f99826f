/** The form of a new kind cluster, and what is wrong with what it holds. */
import {
  type KindOptions,
  type KindPort,
  kindConfig,
  kindIpFamilies,
  kindNamePattern,
  kindProxyModes,
  portTwice,
} from '../../../app/kind/kind-config.ts';

export { kindIpFamilies, kindProxyModes };

/** A number that is being typed is null for a while. */
export interface PortRow {
  containerPort: number | null;
  hostPort: number | null;
  protocol: KindPort['protocol'];
}

export interface KindForm extends Omit<KindOptions, 'ports'> {
  ports: readonly PortRow[];
}

export type NameProblem = 'empty' | 'invalid' | 'taken';

export function nameProblem(name: string, taken: readonly string[]): NameProblem | undefined {
  if (name === '') return 'empty';
  if (!kindNamePattern.test(name)) return 'invalid';
  return taken.includes(name) ? 'taken' : undefined;
}

/** The options, or undefined while a port is not there or is led twice. */
export function optionsOf({ ports, ...form }: KindForm): KindOptions | undefined {
  const whole = ports.flatMap(({ containerPort, hostPort, protocol }): KindPort[] =>
    containerPort === null || hostPort === null ? [] : [{ containerPort, hostPort, protocol }],
  );
  if (whole.length < ports.length || portTwice(whole)) return undefined;
  return { ...form, ports: whole };
}

/** The configuration as it would be given to kind, with what is there of it now. */
export function configOf(form: KindForm): string {
  return kindConfig(optionsOf(form) ?? { ...form, ports: [] });
}
