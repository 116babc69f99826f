/** What the commands of other terminals ask. */
import { TargetError } from '../../../app/probe/target.ts';
import { inLab } from './base.ts';

const { lab } = inLab;

export const labRouter = lab.router({
  status: lab.status.handler(({ context }) => context.lab.status()),
  setMode: lab.setMode.handler(async ({ context, input, errors }) => {
    const answers = context.lab;
    try {
      await answers.setMode(input.mode, input.dialect ?? answers.status().dialect);
    } catch (error) {
      throw errors.UNSUPPORTED({ message: error instanceof Error ? error.message : String(error) });
    }
    return answers.status();
  }),
  setLoadBalancer: lab.setLoadBalancer.handler(async ({ context, input }) => {
    await context.lab.setLoadBalancer(input.enabled);
    return context.lab.status();
  }),
  resolveTarget: lab.resolveTarget.handler(({ context, input, errors }) => {
    try {
      return context.lab.resolveTarget(input.target);
    } catch (error) {
      if (error instanceof TargetError) throw errors.BAD_TARGET({ message: error.message });
      throw error;
    }
  }),
  relayStatistics: lab.relayStatistics.handler(
    async ({ context }) => (await context.lab.relayStatistics()) ?? null,
  ),
});
