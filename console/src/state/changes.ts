/** Grows with every change of a case that the stream tells, and after each reconnection. */
import { ref } from 'vue';

export const caseChanges = ref(0);
