import { DEFAULT_CONFIGURATION } from '../../app/proxy/configuration.ts';
import {
  ConfigurationError,
  type ConfigurationReading,
  formatConfigurationProblem,
  readConfiguration,
} from '../../app/proxy/configuration-reader.ts';
import { BadInputError } from './bad-input-error.ts';
import { type InputBounds, inputName, readInput } from './read-input.ts';

/** Thirty times what kubeadm writes. The parser takes seconds over a megabyte of rubbish. */
const OF_A_CONFIGURATION: InputBounds = { mostBytes: 64 << 10, remedy: 'no KubeProxyConfiguration is' };

/**
 * The KubeProxyConfiguration that `--config` names, or kube-proxy's defaults without one. `warnings` are
 * ready to print. Throws BadInputError with a line for every field at fault.
 */
export function readConfigurationFile(
  file: string | undefined,
  options: { strict?: boolean | undefined } = {},
): Omit<ConfigurationReading, 'warnings'> & { warnings: string[] } {
  if (file === undefined) return { configuration: DEFAULT_CONFIGURATION, warnings: [], inert: [] };
  const withName = (problem: Parameters<typeof formatConfigurationProblem>[0]): string =>
    `${inputName(file)}: ${formatConfigurationProblem(problem)}`;
  try {
    const reading = readConfiguration(readInput(file, OF_A_CONFIGURATION), {
      strict: options.strict ?? false,
    });
    return { ...reading, warnings: reading.warnings.map(withName) };
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    throw new BadInputError(error.problems.map(withName).join('\n'), { cause: error });
  }
}
