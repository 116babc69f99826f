import { t } from '../i18n/messages.svelte.ts';
import type { Command } from '../session/commands.svelte.ts';
import { pathOf } from '../session/router.svelte.ts';
import type { Session } from '../session/session.svelte.ts';

/** The node's chains, sets and maps as commands that show them; none where they cannot be read. */
export async function readChains(session: Session, signal: AbortSignal): Promise<Command[]> {
  const section = t('frame:palette.chains');
  try {
    const chains = await session.client.rules.chains(undefined, { signal });
    return chains.map(({ family, table, chain }) => ({
      id: `chain.${family}.${table}.${chain}`,
      title: chain,
      section,
      hint: `${family} ${table}`,
      run: () => session.router.go(pathOf('rules', [], { family, table, chain })),
    }));
  } catch {
    // Closed before they came, or no node to ask: the palette does without them.
    return [];
  }
}
