/**
 * Typed requests between two of our processes over a channel that carries JSON.
 *
 * Both ends import one table of verbs, each with the schema of its arguments. The end that serves parses
 * every message before it acts on it; errors come back as data and are thrown again at the caller.
 */
import { z } from 'zod';

/** A verb's arguments (checked where it is served) and, as a type alone, its result. */
export interface Verb<Args, Result> {
  args: z.ZodType<Args>;
  /** Carries the type alone; never set. */
  result?: () => Result;
}

type ArgsOf<V> = V extends Verb<infer Args, unknown> ? Args : never;
type ResultOf<V> = V extends { result?: () => infer Result } ? Result : never;

export type VerbHandlers<Table> = {
  [Name in keyof Table]: (
    args: ArgsOf<Table[Name]>,
  ) => Promise<ResultOf<Table[Name]>> | ResultOf<Table[Name]>;
};

export type VerbClient<Table> = {
  [Name in keyof Table]: (args: ArgsOf<Table[Name]>) => Promise<ResultOf<Table[Name]>>;
};

/** What carries the messages: a child process's IPC, or a socket that frames JSON. */
export interface MessageChannel {
  send(message: unknown): void;
  onMessage(listener: (message: unknown) => void): void;
  onClose(listener: () => void): void;
}

// JSON leaves out what is undefined: a verb without a result answers without one.
const requestSchema = z.strictObject({ id: z.int(), verb: z.string(), args: z.unknown().optional() });
const errorSchema = z.object({ code: z.string(), message: z.string(), stderr: z.string().optional() });
const responseSchema = z.union([
  z.strictObject({ id: z.int(), ok: z.literal(true), result: z.unknown().optional() }),
  z.strictObject({ id: z.int(), ok: z.literal(false), error: errorSchema }),
]);

/** What the other process refused or failed at: `code` to act on, `message` to show, `stderr` as the cause. */
export class VerbError extends Error {
  readonly code: string;
  readonly stderr: string | undefined;

  constructor(error: z.infer<typeof errorSchema>) {
    super(error.message);
    this.name = 'VerbError';
    this.code = error.code;
    this.stderr = error.stderr;
  }
}

export function verb<Args, Result>(args: z.ZodType<Args>): Verb<Args, Result> {
  return { args };
}

function asErrorData(error: unknown): z.infer<typeof errorSchema> {
  if (!(error instanceof Error)) return { code: 'failed', message: String(error) };
  const { code, stderr } = error as { code?: unknown; stderr?: unknown };
  return {
    code: typeof code === 'string' ? code : error.name,
    message: error.message,
    ...(typeof stderr === 'string' ? { stderr } : {}),
  };
}

/** Answers requests for the verbs of `table`, several at a time; what does not parse is refused, not run. */
export function serveVerbs<Table extends object>(
  channel: MessageChannel,
  table: Table,
  handlers: VerbHandlers<Table>,
): void {
  const schemas = table as Record<string, { args: z.ZodType }>;
  const functions = handlers as Record<string, (args: unknown) => unknown>;
  channel.onMessage((message) => {
    const request = requestSchema.safeParse(message);
    if (!request.success) return;
    const { id, verb: name, args } = request.data;
    const answer = async (): Promise<unknown> => {
      const schema = Object.hasOwn(schemas, name) ? schemas[name] : undefined;
      const run = Object.hasOwn(functions, name) ? functions[name] : undefined;
      if (!schema || !run) throw Object.assign(new Error(`no such verb: ${name}`), { code: 'unknown-verb' });
      const parsed = schema.args.safeParse(args);
      if (!parsed.success) {
        throw Object.assign(new Error(`${name}: ${z.prettifyError(parsed.error)}`), {
          code: 'bad-arguments',
        });
      }
      return await run(parsed.data);
    };
    answer().then(
      (result) => channel.send({ id, ok: true, result }),
      (error: unknown) => channel.send({ id, ok: false, error: asErrorData(error) }),
    );
  });
}

/**
 * The calling end. Every pending call is rejected with code `gone` when the channel closes.
 *
 * @param mostAtOnce what is asked beyond that waits its turn: the other end refuses more than it has agreed to
 */
export function callVerbs<Table extends object>(
  channel: MessageChannel,
  table: Table,
  mostAtOnce = Number.POSITIVE_INFINITY,
): VerbClient<Table> {
  let nextId = 1;
  let closed = false;
  const waiting: (() => void)[] = [];
  const pending = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>();
  const gone = (): VerbError => new VerbError({ code: 'gone', message: 'the helper process has ended' });
  channel.onMessage((message) => {
    const response = responseSchema.safeParse(message);
    if (!response.success) return;
    const call = pending.get(response.data.id);
    if (pending.delete(response.data.id)) waiting.shift()?.();
    if (response.data.ok) call?.resolve(response.data.result);
    else call?.reject(new VerbError(response.data.error));
  });
  channel.onClose(() => {
    closed = true;
    for (const call of pending.values()) call.reject(gone());
    pending.clear();
    for (const ask of waiting.splice(0)) ask();
  });
  const client: Record<string, (args: unknown) => Promise<unknown>> = {};
  for (const name of Object.keys(table)) {
    client[name] = (args) =>
      new Promise((resolve, reject) => {
        const ask = (): void => {
          if (closed) {
            reject(gone());
            return;
          }
          const id = nextId++;
          pending.set(id, { resolve, reject });
          channel.send({ id, verb: name, args });
        };
        if (pending.size < mostAtOnce) ask();
        else waiting.push(ask);
      });
  }
  return client as VerbClient<Table>;
}
