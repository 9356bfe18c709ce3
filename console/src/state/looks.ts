/** How pictures are looked at; stays from case to case. */
import { ref } from 'vue';

/** With the boxes drawn in, where there is a picture without them. */
export const boxes = ref(true);
/** Before and after: one over the other with a slider, or beside each other. */
export const beside = ref(false);
