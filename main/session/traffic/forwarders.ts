/** Ports of this computer that lead into the lab. */
import type { Forwarder } from '../../../app/contract/traffic.ts';
import { contractError } from '../refusals.ts';

export class Forwarders {
  open(_target: string): never {
    throw contractError('UNSUPPORTED', 'forwarders cannot be opened yet');
  }
  async close(_id: string): Promise<void> {}
  list(): Forwarder[] {
    return [];
  }
}
