/** Areas that have a name, to narrow the queue to; none where the hub's configuration names none. */
import { shallowRef } from 'vue';
import { listStreets } from '../api/calls';
import type { Street } from '../api/types';

export const streets = shallowRef<readonly Street[]>([]);
let asked = false;

export async function readStreets(): Promise<void> {
  if (asked) return;
  asked = true;
  // A hub that does not know the call has no streets to offer.
  streets.value = await listStreets().catch(() => []);
}
