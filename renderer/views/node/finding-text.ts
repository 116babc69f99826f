/** What a comparison has found, in the window's words, and where it is looked at. */
import type { VerificationFinding } from '../../../app/contract/verification.ts';
import { visibleText } from '../../design/visible-text.ts';
import { t } from '../../i18n/messages.svelte.ts';
import { pathOf } from '../../session/router.svelte.ts';

/** The same from comparison to comparison. */
export function findingKey({ family, service, code, parameters, rules }: VerificationFinding): string {
  return JSON.stringify([family, service, code, parameters, rules]);
}

/** Names are the node's, whoever wrote them: what they hide is shown. */
export function findingText({ code, parameters, earlier }: VerificationFinding): string {
  const shown = Object.entries(parameters).map(([name, value]) => [name, visibleText(value)]);
  const purpose = t(`node:finding.purpose.${parameters['purpose'] ?? 'none'}`);
  const text = t(`node:finding.${code}`, { ...Object.fromEntries(shown), purpose });
  return earlier ? t('node:finding.earlier', { text }) : text;
}

export function rulesPath(
  family: VerificationFinding['family'],
  { table, chain }: NonNullable<VerificationFinding['place']>,
): string {
  return pathOf('rules', [], { family, table, chain });
}
