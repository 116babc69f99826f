import { inSession } from './base.ts';

const { rules } = inSession;

export const rulesRouter = rules.router({
  watch: rules.watch.handler(({ context, input, signal }) =>
    context.session.rules.subscribe(input.intervalMs, signal),
  ),
  chains: rules.chains.handler(({ context }) => context.session.rules.chainNames()),
  raw: rules.raw.handler(async ({ context, input: { family, backend } }) => {
    const { verbs } = context.session.target;
    const text =
      backend === 'iptables'
        ? await verbs.readIptables({ family, counters: true })
        : await verbs.readNftables({ family, counters: true });
    return { text };
  }),
});
