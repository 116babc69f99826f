/** Options that several commands share. */
import { Option } from 'commander';
import { BadInputError } from '../bad-input-error.ts';

/** Takes the exit code that a command's action ends with. */
export type Finish = (exitCode: number) => void;

export const MODES = ['userspace', 'iptables', 'nftables'];
const DIALECTS = ['current', 'classic'];

export const dataOption = (): Option =>
  new Option(
    '--data <folder>',
    "the lab's data folder (default: the platform's own for this user)",
  ).argParser((folder: string) => {
    // `--data "$UNSET"`: not the folder that the command happens to be called in.
    if (folder === '') throw new BadInputError('--data takes a folder, not an empty word');
    return folder;
  });
export const modeOption = (): Option => new Option('--mode <mode>', 'proxy mode').choices(MODES);
export const dialectOption = (): Option =>
  new Option(
    '--dialect <dialect>',
    'whose rules: current (kube-proxy 1.36; userspace mode: 1.25) or classic (1.2, as books show it)',
  ).choices(DIALECTS);
export const configOption = (): Option =>
  new Option('--config <file>', 'a KubeProxyConfiguration (kubeproxy.config.k8s.io/v1alpha1)');
export const strictConfigOption = (): Option =>
  new Option('--strict-config', 'an unknown field of the configuration is an error, not a warning');

export const familyOption = (): Option =>
  new Option('--family <family>', 'one IP family').choices(['ipv4', 'ipv6']);

export const elevateOption = (): Option =>
  new Option('--elevate', "where it takes root, asks for the right: sudo, or the desktop's dialog");

/** The values of an option that is given several times. */
export function collect(value: string, before: string[] = []): string[] {
  return [...before, value];
}

/** Reads a number within bounds. The reader throws BadInputError. */
export function wholeNumber(name: string, least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < least || value > most) {
      throw new BadInputError(`${name} takes a whole number from ${least} to ${most}, not ${text}`);
    }
    return value;
  };
}
