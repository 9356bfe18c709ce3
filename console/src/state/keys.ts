/** The page's shortcuts. Silent while someone types or a dialog is open. */
import { onBeforeUnmount, onMounted, shallowRef } from 'vue';

/** Keys, and the words for what they do. */
export type KeyHelp = readonly [keys: readonly string[], words: string];

/** Of the page that is open, for the help. */
export const pageKeys = shallowRef<readonly KeyHelp[]>([]);

export type KeyMap = Record<string, (event: KeyboardEvent) => void>;

/** These may be held down; a held key must not decide several cases. */
const REPEATED = ['j', 'k', ',', '.', 'ArrowDown', 'ArrowUp', 'ArrowLeft', 'ArrowRight'];

function typing(target: EventTarget | null): target is HTMLElement {
  if (target instanceof HTMLInputElement && ['checkbox', 'range'].includes(target.type)) return false;
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}

/** `help`: of a page, what the help dialog tells about its keys. */
export function useKeys(keys: KeyMap, help?: readonly KeyHelp[]): void {
  const onKey = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (document.querySelector('dialog[open]')) return;
    if (typing(event.target)) {
      // Out of a field, back to the page's keys.
      if (event.key === 'Escape') event.target.blur();
      return;
    }
    const name = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    // A focused button or box keeps its own space.
    if (name === ' ' && event.target instanceof Element && event.target.matches('button, input, a')) return;
    // A slider keeps the arrows along it.
    if (/^Arrow(Left|Right)$/.test(name) && event.target instanceof HTMLInputElement) return;
    const handler = keys[name];
    if (!handler) return;
    event.preventDefault();
    if (event.repeat && !REPEATED.includes(name)) return;
    handler(event);
  };
  onMounted(() => {
    window.addEventListener('keydown', onKey);
    if (help) pageKeys.value = help;
  });
  onBeforeUnmount(() => {
    window.removeEventListener('keydown', onKey);
    if (pageKeys.value === help) pageKeys.value = [];
  });
}
