import type { Settings } from '../../app/contract/settings.ts';

const mirrorKey = 'kube-proxy-lab.appearance';

export interface EarlyAppearance {
  locale?: 'en' | 'zh';
  theme?: 'light' | 'dark';
  zoom?: number;
}

/** What the last visit looked like, so that the page does not change its looks when the engine has answered. */
export function earlyAppearance(): EarlyAppearance {
  try {
    const { locale, theme, zoom } = JSON.parse(localStorage.getItem(mirrorKey) ?? '{}') as Record<
      string,
      unknown
    >;
    return {
      ...(locale === 'en' || locale === 'zh' ? { locale } : {}),
      ...(theme === 'light' || theme === 'dark' ? { theme } : {}),
      ...(typeof zoom === 'number' && zoom >= 0.5 && zoom <= 3 ? { zoom } : {}),
    };
  } catch {
    return {};
  }
}

export function rememberAppearance({ locale, theme, zoom }: Settings): void {
  try {
    localStorage.setItem(mirrorKey, JSON.stringify({ locale, theme, zoom }));
  } catch {
    // No storage, no memory: the engine has the settings, and the page flickers once.
  }
}
