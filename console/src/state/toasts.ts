/** Short notices at the edge of the page. Errors stay longer and are announced at once. */
import { ref } from 'vue';
import { ApiError } from '../api/client';
import { i18n } from '../i18n';

export interface Toast {
  id: number;
  kind: 'done' | 'error' | 'info';
  text: string;
  link?: { text: string; go: () => void };
}

export const toasts = ref<Toast[]>([]);
let last = 0;

export function toast(kind: Toast['kind'], text: string, link?: Toast['link']): void {
  if (toasts.value.some((shown) => shown.text === text && shown.kind === 'error')) return;
  last += 1;
  const id = last;
  toasts.value = [...toasts.value.slice(-3), link ? { id, kind, text, link } : { id, kind, text }];
  setTimeout(() => dismiss(id), kind === 'error' ? 9000 : 4500);
}

export function dismiss(id: number): void {
  toasts.value = toasts.value.filter((shown) => shown.id !== id);
}

/** An error in words for staff. */
export function explain(error: unknown): string {
  const { t } = i18n.global;
  if (!(error instanceof ApiError)) return t('error.server', { status: String(error) });
  if (error.status === 0) return t('error.offline');
  if (error.kind === 'four-eyes') return t('error.fourEyes');
  if (error.status === 403) return t('error.forbidden');
  if (error.status === 404) return t('error.notFound');
  if (error.status === 429) return t('signIn.tooMany');
  if (error.status >= 400 && error.status < 500) {
    return t('error.invalid', { detail: error.detail || error.title });
  }
  return t('error.server', { status: String(error.status) });
}

/** Not for 401: the sign-in form itself is the answer. */
export function toastError(error: unknown): void {
  if (!(error instanceof ApiError && error.status === 401)) toast('error', explain(error));
}
