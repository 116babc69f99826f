/** `kube-proxy-lab cleanup`: takes kube-proxy's rules off a node, whoever wrote them, and nothing else. */
import { NodeWriter } from '../engine/node-writer.ts';
import { openTarget } from '../targets/open-target.ts';
import { parseTargetSpec } from '../targets/target-spec.ts';

/** Gives the exit code. */
export async function cleanup(options: { target: string; elevate?: boolean }): Promise<number> {
  const target = await openTarget(parseTargetSpec(options.target), {
    elevate: options.elevate ?? false,
    keepRules: true,
  });
  try {
    const { iptables, ip6tables, nft } = await target.verbs.capabilities({});
    const writer = new NodeWriter(target, {
      iptables: iptables.available,
      ip6tables: ip6tables.available,
      nft: nft.available,
    });
    const { inputs } = await writer.write({});
    const tools = [...new Set(inputs.map(({ tool }) => tool))].join(', ');
    process.stdout.write(
      inputs.length === 0
        ? `${target.name} has no rules of a kube-proxy\n`
        : `kube-proxy's rules are gone from ${target.name} (${tools})\n`,
    );
    return 0;
  } finally {
    await target.close();
  }
}
