/** One of several choices in a dialog's form: its key chooses it, Enter submits. */
import { ref, type Ref } from 'vue';
import { REASON_KEYS } from '../words/reasons';

/** `values`: what may be chosen now, in the order of the keys. `accept`: called with what was chosen. */
export function useChoice(chosen: Ref<string>, values: () => string[], accept: (chosen: string) => void) {
  const missing = ref(false);

  function submit() {
    if (values().length === 0) return;
    if (values().includes(chosen.value)) accept(chosen.value);
    else missing.value = true;
  }

  function choose(value: string | undefined, form: Element) {
    if (!value) return;
    chosen.value = value;
    missing.value = false;
    form.querySelector<HTMLInputElement>(`input[value="${CSS.escape(value)}"]`)?.focus();
  }

  function onKey(event: KeyboardEvent) {
    const writing = event.target instanceof HTMLTextAreaElement;
    if (event.key === 'Enter' && (!writing || event.ctrlKey) && !event.isComposing) {
      // A focused button answers its own Enter.
      if (event.target instanceof HTMLButtonElement) return;
      event.preventDefault();
      submit();
    } else if (!writing && !event.ctrlKey && !event.metaKey && !event.altKey && event.key.length === 1) {
      const value = values()[REASON_KEYS.indexOf(event.key.toLowerCase())];
      if (!value) return;
      event.preventDefault();
      choose(value, event.currentTarget as Element);
    }
  }

  return { missing, submit, onKey };
}
