/** The calls of one connection that are not answered to their end yet, subscriptions among them. */

/** The page has a handful. */
const MOST = 128;

interface Handled {
  matched: boolean;
  response?: { status: number; headers: object; body?: unknown } | undefined;
}

export class OpenCalls {
  #open = 0;

  /** Has the call answered, unless there are too many: those are told so. */
  async count<Result extends Handled>(answer: () => Promise<Result>): Promise<Result> {
    if (this.#open >= MOST) return tooMany() as Result;
    this.#open++;
    let ended = false;
    const end = (): void => {
      if (!ended) this.#open--;
      ended = true;
    };
    try {
      const result = await answer();
      const body = result.response?.body;
      if (!result.response || !isIterator(body)) {
        end();
        return result;
      }
      return { ...result, response: { ...result.response, body: tellingEnd(body, end) } };
    } catch (error) {
      end();
      throw error;
    }
  }
}

function tooMany(): Handled {
  const error = {
    defined: false,
    code: 'TOO_MANY_REQUESTS',
    status: 429,
    message: `there are ${MOST} open questions on this connection already`,
    data: { cause: null },
  };
  return { matched: true, response: { status: 429, headers: {}, body: { json: error, meta: [] } } };
}

function isIterator(body: unknown): body is AsyncIteratorObject<unknown, unknown, void> {
  return typeof body === 'object' && body !== null && Symbol.asyncIterator in body;
}

/** Written out rather than as a generator: that could not be ended while it waits. */
function tellingEnd(
  source: AsyncIteratorObject<unknown, unknown, void>,
  end: () => void,
): AsyncIteratorObject<unknown, unknown, void> {
  return {
    async next() {
      try {
        const result = await source.next();
        if (result.done) end();
        return result;
      } catch (error) {
        end();
        throw error;
      }
    },
    async return(value) {
      end();
      return (await source.return?.(value)) ?? { done: true, value };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
    async [Symbol.asyncDispose]() {
      end();
      await source.return?.();
    },
  };
}
