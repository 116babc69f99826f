import type { ContractRouterClient } from '@orpc/contract';
import type { CallContext } from '../../app/contract/carrier.ts';
import type { contract } from '../../app/contract/contract.ts';

/** All that can be asked of the engine: `client.services.create({ object })`. */
export type EngineClient = ContractRouterClient<typeof contract, CallContext>;
