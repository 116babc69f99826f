import { visibleText } from '../../design/visible-text.ts';
import { t } from '../../i18n/messages.svelte.ts';

/** Where requests come from, as people say it; `pod/NAMESPACE/NAME` by its name. */
export function placeName(from: string): string {
  if (from === 'client' || from === 'node' || from === 'here') return t(`traffic:place.${from}`);
  const name = from.replace(/^pod\/(?:default\/)?/, '');
  return t('traffic:place.pod', { name: visibleText(name) });
}
