/** Diagnoses in the words of the window's language. */
import type { Diagnosis } from '../../../app/contract/diagnosis.ts';
import { visibleText } from '../../design/visible-text.ts';
import { formatNumber } from '../../i18n/format.ts';
import { t } from '../../i18n/messages.svelte.ts';

type Tone = 'ok' | 'warning' | 'danger';

/** Object text in a sentence is cut: a name may be as long as it likes. */
const longestParam = 200;

/** Numbers as they are: ports have no thousands. */
function shownParams({ params }: Diagnosis): Record<string, string | number> {
  return Object.fromEntries(
    Object.entries(params).map(([name, value]) => [
      name,
      typeof value === 'number' ? value : cut(visibleText(value)),
    ]),
  );
}

function cut(text: string): string {
  return text.length > longestParam ? `${text.slice(0, longestParam)}…` : text;
}

/** What is wrong, as a heading. */
export function diagnosisTitle(diagnosis: Diagnosis): string {
  return t(`services:diagnosis.${diagnosis.code}.title`, shownParams(diagnosis));
}

/** What it means, and what to do. */
export function diagnosisText(diagnosis: Diagnosis): string {
  return t(`services:diagnosis.${diagnosis.code}.text`, shownParams(diagnosis));
}

/** The worst of what there is, for a dot. */
export function healthOf(diagnoses: readonly Diagnosis[]): { tone: Tone; words: string } {
  const count = (severity: string): number => diagnoses.filter((one) => one.severity === severity).length;
  const [problems, warnings] = [count('problem'), count('warning')];
  if (problems > 0)
    return {
      tone: 'danger',
      words: t('services:state.problems', { count: problems, number: formatNumber(problems) }),
    };
  if (warnings > 0)
    return {
      tone: 'warning',
      words: t('services:state.warnings', { count: warnings, number: formatNumber(warnings) }),
    };
  return { tone: 'ok', words: t('services:state.well') };
}
