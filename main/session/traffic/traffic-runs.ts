/** Requests sent through the rules. */
import { contractError } from '../refusals.ts';

const later = (): never => {
  throw contractError('UNSUPPORTED', 'requests cannot be sent yet');
};

export class TrafficRuns {
  start(_plan: object): never {
    return later();
  }
  stop(_id: string): never {
    return later();
  }
  watchRun(_id: string, _signal?: AbortSignal): never {
    return later();
  }
  watchRuns(_signal?: AbortSignal): never {
    return later();
  }
  remove(_id: string): never {
    return later();
  }
}
