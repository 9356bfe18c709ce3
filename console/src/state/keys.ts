/** The page's shortcuts. Silent while someone types or a dialog is open. */
import { onBeforeUnmount, onMounted, shallowRef } from 'vue';

/** Keys, and the words for what they do. */
export type KeyHelp = readonly [keys: readonly string[], words: string];

/** Of the page that is open, for the help. */
export const pageKeys = shallowRef<readonly KeyHelp[]>([]);

export type KeyMap = Record<string, (event: KeyboardEvent) => void>;

function typing(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}

/** `help`: of a page, what the help dialog tells about its keys. */
export function useKeys(keys: KeyMap, help?: readonly KeyHelp[]): void {
  const onKey = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (typing(event.target) || document.querySelector('dialog[open]')) return;
    const name = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    // A focused button keeps its own space and arrow keys.
    if (name === ' ' && event.target instanceof HTMLButtonElement) return;
    const handler = keys[name];
    if (!handler) return;
    event.preventDefault();
    // A held key may step through cases; it must not decide several.
    if (event.repeat && /^\d$/.test(name)) return;
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
