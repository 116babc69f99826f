/** The containers that docker, podman and nerdctl know: found by name or by label, read with `inspect`. */
import { z } from 'zod';
import { isInstalled } from '../requirements/tools.ts';
import { CommandError, runCommand } from '../run-command.ts';
import { runtimeRefusal } from './container-runtime-words.ts';
import { PlaceError } from './place-error.ts';
import { type ContainerRuntime, TargetError } from './target-spec.ts';

const RUNTIMES: readonly ContainerRuntime[] = ['docker', 'podman', 'nerdctl'];
/** The first question after a daemon's start, or to one in a virtual machine, may take long. */
const INSPECT_TIMEOUT_MS = 30_000;

const portBindingSchema = z.array(z.object({ HostIp: z.string(), HostPort: z.string() })).nullable();

/** The parts of `inspect`'s answer that all three runtimes give. */
const inspectSchema = z.array(
  z.object({
    Id: z.string().regex(/^[0-9a-f]{12,64}$/),
    Name: z.string(),
    State: z.object({
      Status: z.string().optional(),
      Running: z.boolean().optional(),
      Paused: z.boolean().optional(),
      Pid: z.int().min(0),
      StartedAt: z.string().optional(),
    }),
    Config: z.object({ Labels: z.record(z.string(), z.string()).nullish() }).optional(),
    NetworkSettings: z
      .object({
        Ports: z.record(z.string(), portBindingSchema).nullish(),
        IPAddress: z.string().optional(),
        Networks: z
          .record(
            z.string(),
            z.object({ IPAddress: z.string().nullish(), GlobalIPv6Address: z.string().nullish() }),
          )
          .nullish(),
      })
      .nullish(),
  }),
);

/** A port of the container that the runtime leads to it from the computer it runs on. */
export interface PublishedPort {
  readonly containerPort: number;
  readonly protocol: 'TCP' | 'UDP' | 'SCTP';
  /** Where it listens: `0.0.0.0`, `127.0.0.1`, `::`. */
  readonly hostAddress: string;
  readonly hostPort: number;
}

export interface NodeContainer {
  readonly runtime: ContainerRuntime;
  readonly name: string;
  readonly id: string;
  readonly running: boolean;
  readonly paused: boolean;
  /** When it was started last: another start is another node, with no rules. */
  readonly startedAt: string;
  /** The container's first process as the runtime's own machine sees it; 0 while it does not run. */
  readonly pid: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly addresses: readonly string[];
  readonly ports: readonly PublishedPort[];
}

/** @throws PlaceError, TargetError */
export async function inspectContainers(
  runtime: ContainerRuntime,
  names: readonly string[],
): Promise<NodeContainer[]> {
  if (names.length === 0) return [];
  const about = names.join(', ');
  // nerdctl has no `--type` for what it inspects by default.
  const argv: [string, ...string[]] =
    runtime === 'nerdctl'
      ? ['nerdctl', 'inspect', '--', ...names]
      : [runtime, 'inspect', '--type', 'container', '--', ...names];
  const { stdout } = await ask(runtime, about, argv);
  const found = inspectSchema.safeParse(parseJson(stdout));
  if (!found.success) {
    throw new TargetError(`\`${runtime} inspect\` gave an answer about ${about} that is not understood`);
  }
  return found.data.map((container) => asContainer(runtime, container));
}

/** The containers that have a label (`KEY` or `KEY=VALUE`), running or not. @throws PlaceError, TargetError */
export async function containersWithLabel(
  runtime: ContainerRuntime,
  label: string,
): Promise<NodeContainer[]> {
  // Ids alone: what `--format json` prints is a line each for docker, and a list for podman.
  const argv = [runtime, 'ps', '--all', '--no-trunc', '--filter', `label=${label}`, '--format', '{{.ID}}'];
  const { stdout } = await ask(runtime, `with label ${label}`, argv as [string, ...string[]]);
  return inspectContainers(
    runtime,
    stdout
      .split('\n')
      .map((line) => line.trim())
      .filter(Boolean),
  );
}

/** The runtimes that are installed, in the order they are asked. */
export function installedRuntimes(): ContainerRuntime[] {
  return RUNTIMES.filter((runtime) => isInstalled(runtime));
}

/**
 * Finds a running container by name or id: with the runtime given, else with the first that is installed and knows it.
 *
 * @throws PlaceError, TargetError
 */
export async function findContainer(name: string, runtime?: ContainerRuntime): Promise<NodeContainer> {
  const installed = installedRuntimes();
  const candidates = runtime ? installed.filter((candidate) => candidate === runtime) : installed;
  if (candidates.length === 0) {
    throw new PlaceError(
      'not-installed',
      `${runtime ?? 'none of docker, podman and nerdctl'} is not installed`,
    );
  }
  const refusals: unknown[] = [];
  for (const candidate of candidates) {
    try {
      const [container] = await inspectContainers(candidate, [name]);
      if (container) return running(container);
    } catch (error) {
      refusals.push(error);
    }
  }
  const [first] = refusals;
  if (refusals.length === 1 && first instanceof TargetError) throw first;
  const placed = refusals.filter((refusal) => refusal instanceof PlaceError);
  // Gone where every runtime says so: one that could not be asked may have it.
  const telling = placed.find(({ code }) => code !== 'gone') ?? placed[0];
  const message = `container ${name} was not found. ${refusals.map(words).join('; ')}`;
  throw telling && placed.length === refusals.length
    ? new PlaceError(telling.code, message)
    : new TargetError(message);
}

function running(container: NodeContainer): NodeContainer {
  const { runtime, name } = container;
  if (container.paused) {
    throw new PlaceError('paused', `container ${name} is paused; go on with it: ${runtime} unpause ${name}`);
  }
  if (!container.running) {
    throw new PlaceError('not-running', `container ${name} does not run; start it: ${runtime} start ${name}`);
  }
  return container;
}

async function ask(
  runtime: ContainerRuntime,
  about: string,
  argv: readonly [string, ...string[]],
): Promise<{ stdout: string }> {
  try {
    return await runCommand(argv, { timeoutMs: INSPECT_TIMEOUT_MS });
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw runtimeRefusal(runtime, about, error) ?? new TargetError(error.message, { cause: error });
  }
}

function asContainer(
  runtime: ContainerRuntime,
  {
    Id: id,
    Name: name,
    State: state,
    Config: config,
    NetworkSettings: network,
  }: z.infer<typeof inspectSchema>[number],
): NodeContainer {
  const addresses = Object.values(network?.Networks ?? {}).flatMap(
    ({ IPAddress: v4, GlobalIPv6Address: v6 }) => [v4, v6],
  );
  return {
    runtime,
    id,
    name: name.replace(/^\//, ''),
    running: state.Running ?? state.Status === 'running',
    paused: state.Paused ?? state.Status === 'paused',
    startedAt: state.StartedAt ?? '',
    pid: state.Pid,
    labels: config?.Labels ?? {},
    addresses: [...new Set([...addresses, network?.IPAddress])].filter((address) => address).map(String),
    ports: Object.entries(network?.Ports ?? {}).flatMap(([port, bindings]) => publishedPorts(port, bindings)),
  };
}

/** @param port as the runtimes write it: `30080/tcp` */
function publishedPorts(port: string, bindings: z.infer<typeof portBindingSchema>): PublishedPort[] {
  const [, number, protocol = 'tcp'] = /^(\d+)(?:\/(tcp|udp|sctp))?$/.exec(port) ?? [];
  if (number === undefined) return [];
  return (bindings ?? [])
    .filter(({ HostPort }) => Number(HostPort) > 0)
    .map(({ HostIp, HostPort }) => ({
      containerPort: Number(number),
      protocol: protocol.toUpperCase() as PublishedPort['protocol'],
      hostAddress: HostIp || '0.0.0.0',
      hostPort: Number(HostPort),
    }));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function words(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
