/** Asks the hub for the fit of the points as they stand now: the latest answer counts, one call at a time. */
import { ref, watch, type Ref } from 'vue';
import { solveCalibration } from '../../api/calls';
import type { SurveyWanted } from '../../api/schema';
import type { Solved } from '../../api/types';
import { explain } from '../../state/toasts';
import { asked, type Settings, type Survey } from './survey';

/** Points that move come many a second. */
const REST_MILLIS = 90;

export function useSolving(survey: Ref<Survey>, settings: Settings) {
  const solved = ref<Solved | null>(null);
  /** Which point each entry of the answer is about. */
  const ids = ref<number[]>([]);
  const fault = ref('');
  const busy = ref(false);
  let wanted: ReturnType<typeof asked> | null = null;
  let sent = '';

  async function run() {
    if (busy.value) return;
    busy.value = true;
    while (wanted) {
      const now = wanted;
      wanted = null;
      await new Promise((done) => setTimeout(done, REST_MILLIS));
      if (wanted) continue;
      try {
        solved.value = await solveCalibration(now.wanted as SurveyWanted);
        ids.value = now.ids;
        fault.value = '';
      } catch (error) {
        [solved.value, fault.value] = [null, explain(error)];
        sent = '';
      }
    }
    busy.value = false;
  }
  watch(
    [survey, settings],
    () => {
      const next = asked(survey.value, settings);
      const text = JSON.stringify(next);
      if (text === sent) return;
      sent = text;
      wanted = next;
      void run();
    },
    { immediate: true, deep: true },
  );
  return { solved, ids, fault, busy };
}
