/** What a place is called, in the window's language. */
import type { OfferedPlace, PlaceKind } from '../../app/contract/attachment.ts';
import { visibleText } from '../design/visible-text.ts';
import { t } from '../i18n/messages.svelte.ts';

export function placeName({ kind, name }: Pick<OfferedPlace, 'kind' | 'name'>): string {
  return kind === 'host' ? t('attachment:kind.host') : visibleText(name);
}

/** Of a target as `attach` takes it. */
export function targetWords(kind: PlaceKind, target: string): string {
  if (kind === 'host') return t('attachment:kind.host');
  return `${t(`attachment:kind.${kind}`)} ${visibleText(target.slice(target.indexOf(':') + 1))}`;
}
