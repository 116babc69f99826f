import { systemLanguage, useLanguage } from '../i18n/messages.svelte.ts';
import type { Session } from '../session/session.svelte.ts';

const steps = [0.5, 0.75, 0.9, 1, 1.1, 1.25, 1.5, 1.75, 2, 2.5, 3];

/** The next larger (`by` 1) or smaller (-1) presenter zoom. */
export function nextZoom(zoom: number, by: 1 | -1): number {
  const larger = steps.find((step) => step > zoom + 0.001);
  const smaller = steps.findLast((step) => step < zoom - 0.001);
  return (by === 1 ? larger : smaller) ?? zoom;
}

/** Has the page look as the settings say: theme, zoom, language; made in a component, lives with it. */
export function applyAppearance(session: Session): void {
  const dark = window.matchMedia('(prefers-color-scheme: dark)');
  let systemIsDark = $state(dark.matches);
  dark.addEventListener('change', () => {
    systemIsDark = dark.matches;
  });
  $effect(() => {
    const { theme } = session.settings;
    const isDark = theme === 'system' ? systemIsDark : theme === 'dark';
    document.documentElement.dataset['theme'] = isDark ? 'dark' : 'light';
  });
  $effect(() => {
    document.documentElement.style.setProperty('--zoom', String(session.settings.zoom));
  });
  $effect(() => {
    const { locale } = session.settings;
    void useLanguage(locale === 'system' ? systemLanguage() : locale);
  });
}
