/** Open cases near the one at hand; read once somebody stays with it, since it is only for a second look. */
import { onBeforeUnmount, shallowRef, watch, type Ref } from 'vue';
import { nearCases } from '../../api/calls';
import type { CaseDetail, NearCase } from '../../api/types';

const STAYS_MILLIS = 400;

export function useNear(detail: Ref<CaseDetail | null>): Ref<readonly NearCase[]> {
  const near = shallowRef<readonly NearCase[]>([]);
  let waiting: ReturnType<typeof setTimeout> | undefined;
  watch(
    () => detail.value?.case_id,
    (id) => {
      clearTimeout(waiting);
      near.value = [];
      if (!id) return;
      waiting = setTimeout(async () => {
        // Without them the case can be decided as well.
        const found = await nearCases(id).catch(() => []);
        if (detail.value?.case_id === id) near.value = found;
      }, STAYS_MILLIS);
    },
    { immediate: true },
  );
  onBeforeUnmount(() => clearTimeout(waiting));
  return near;
}
