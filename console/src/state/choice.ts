/** One of several choices in a dialog's form: its key chooses it, Enter submits. */
import { ref } from 'vue';
import { REASON_KEYS } from '../words/reasons';

/** `values`: what may be chosen now, in the order of the keys. `accept`: called with what was chosen. */
export function useChoice(values: () => string[], accept: (chosen: string) => void) {
  const chosen = ref('');
  const missing = ref(false);

  function submit() {
    if (values().length === 0) return;
    if (chosen.value) accept(chosen.value);
    else missing.value = true;
  }

  function onKey(event: KeyboardEvent) {
    const writing = event.target instanceof HTMLTextAreaElement;
    if (event.key === 'Enter' && (!writing || event.ctrlKey) && !event.isComposing) {
      // A focused button answers its own Enter.
      if (event.target instanceof HTMLButtonElement) return;
      event.preventDefault();
      submit();
    } else if (!writing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      const value = event.key.length === 1 && values()[REASON_KEYS.indexOf(event.key.toLowerCase())];
      if (!value) return;
      event.preventDefault();
      chosen.value = value;
      missing.value = false;
      const form = event.currentTarget as HTMLFormElement;
      form.querySelector<HTMLInputElement>(`input[value="${CSS.escape(value)}"]`)?.focus();
    }
  }

  return { chosen, missing, submit, onKey };
}
