import { createORPCClient } from '@orpc/client';
import { RPCLink } from '@orpc/client/fetch';
import type { ContractRouterClient } from '@orpc/contract';
import type { labContract } from '../../../app/contract/lab.ts';

export type ControlClient = ContractRouterClient<typeof labContract>;

/** Speaks the contract to a running lab: where its `lab.json` says, with its token. */
export function controlClient({ url, token }: { url: string; token: string }): ControlClient {
  return createORPCClient(new RPCLink({ url, headers: { authorization: `Bearer ${token}` } }));
}
