import i18next, { type i18n } from 'i18next';

export type Language = 'en' | 'zh';

type Catalog = Record<string, object>;

/** Each language is a chunk of its own: only the one that is read is loaded. */
const catalogs: Record<Language, () => Promise<{ default: Catalog }>> = {
  en: () => import('./catalog-en.ts'),
  zh: () => import('./catalog-zh.ts'),
};

const instance: i18n = i18next.createInstance();
let language: Language = $state('en');
/** Counts loaded catalogs: a text read before its catalog came is read again. */
let loaded = $state(0);

/** The language of the browser or desktop, as far as there are messages in it. */
export function systemLanguage(): Language {
  return navigator.languages.some((tag, index) => index === 0 && tag.toLowerCase().startsWith('zh'))
    ? 'zh'
    : 'en';
}

async function load(wanted: Language): Promise<void> {
  if (instance.isInitialized && instance.hasResourceBundle(wanted, 'common')) return;
  const { default: catalog } = await catalogs[wanted]();
  for (const [namespace, messages] of Object.entries(catalog)) {
    instance.addResourceBundle(wanted, namespace, messages);
  }
}

/** Loads a language and has every text of the window be in it. */
export async function useLanguage(wanted: Language): Promise<void> {
  if (!instance.isInitialized) {
    await instance.init({
      lng: wanted,
      fallbackLng: false,
      resources: {},
      // Svelte escapes what it shows.
      interpolation: { escapeValue: false },
      returnNull: false,
      initAsync: false,
    });
  }
  await load(wanted);
  await instance.changeLanguage(wanted);
  document.documentElement.lang = wanted === 'zh' ? 'zh-CN' : 'en';
  language = wanted;
  loaded += 1;
}

/** The locale for numbers and dates: `Intl`'s own word for the language. */
export function currentLocale(): string {
  return language === 'zh' ? 'zh-CN' : 'en-GB';
}

/**
 * The message of a key, `frame:views.services`, in the language of the window; read in a template or a
 * `$derived` it follows the language. `count` chooses the plural.
 */
export function t(key: string, params?: Record<string, string | number>): string {
  void loaded;
  return instance.t(key, params ?? {});
}

/** Whether there is a message, for keys that are made of data (error codes, diagnoses). */
export function hasMessage(key: string): boolean {
  void loaded;
  return instance.exists(key);
}
