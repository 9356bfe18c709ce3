/** Language of the page: Chinese first, remembered in this browser. */
import { computed } from 'vue';
import { createI18n, useI18n } from 'vue-i18n';
import { en } from './en';
import { zhCN } from './zh-CN';

export const LANGUAGES = ['zh-CN', 'en'] as const;
export type Language = (typeof LANGUAGES)[number];

const KEY = 'gridwarden.language';

function remembered(): Language {
  try {
    return localStorage.getItem(KEY) === 'en' ? 'en' : 'zh-CN';
  } catch {
    return 'zh-CN';
  }
}

export const i18n = createI18n({
  legacy: false,
  locale: remembered() as Language,
  fallbackLocale: 'zh-CN',
  messages: { 'zh-CN': zhCN, en },
});

export function setLanguage(language: Language): void {
  i18n.global.locale.value = language;
  document.documentElement.lang = language;
  document.title = i18n.global.t('app.title');
  try {
    localStorage.setItem(KEY, language);
  } catch {
    // Without storage the choice lasts as long as the page.
  }
}

export function toggleLanguage(): void {
  setLanguage(i18n.global.locale.value === 'en' ? 'zh-CN' : 'en');
}

/** `t`, words for codes that may be newer than this page, and names that come in both languages. */
export function useWords() {
  const { t, te, locale } = useI18n({ useScope: 'global' });
  const english = computed(() => locale.value === 'en');
  return {
    t,
    english,
    /** The words for a wire code, or the code itself where there are none. */
    word: (group: string, code: string): string =>
      te(`${group}.${code}`) ? t(`${group}.${code}`) : code,
    /** An action in as few signs as a button or a notice has room for. */
    short: (action: string): string => t(te(`short.${action}`) ? `short.${action}` : `action.${action}`),
    /** Why something was decided: by a person, by an edge's verdict, by the hub; of an undo, what it took back. */
    because: (code: string): string => {
      const groups = ['reason', 'verdictReason', 'hubReason', 'assignedWhy', 'action'];
      const group = groups.find((one) => te(`${one}.${code}`));
      return group ? t(`${group}.${code}`) : code;
    },
    named: (of: { name_zh: string; name_en: string }): string =>
      (english.value ? of.name_en : of.name_zh) || of.name_zh || of.name_en,
    noted: (of: { note_zh?: string | null; note_en?: string | null }): string =>
      (english.value ? of.note_en : of.note_zh) || of.note_zh || of.note_en || '',
    span: (of: { unit: string; n: number }): string => t(`span.${of.unit}`, { n: of.n }),
  };
}

/** A sentence about an event, outside components. */
export function sentence(
  key: string,
  event: { name_zh: string; name_en: string },
  values: Record<string, string> = {},
): string {
  const name = i18n.global.locale.value === 'en' ? event.name_en : event.name_zh;
  return i18n.global.t(key, { event: name || event.name_zh, ...values });
}
