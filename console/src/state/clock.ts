/** The present, for ages on the screen. */
import { ref } from 'vue';

export const now = ref(new Date());

setInterval(() => {
  if (document.visibilityState === 'visible') now.value = new Date();
}, 5000);
