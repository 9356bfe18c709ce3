/** Live stills, one a camera: asked for, followed until they are here, kept while the page is open. */
import { reactive } from 'vue';
import { askStill, type CameraKey, cameraPictureUrl, readStill } from '../../api/calls';
import { ApiError } from '../../api/client';
import type { Still } from '../../api/types';

export interface StillState {
  /** A picture that the browser holds; the last one while another is on its way. */
  url: string | null;
  capturedAt: string | null;
  asking: boolean;
  /** Why there is none: a refusal of the edge's, `node-away`, `too-much-footage`, or another problem. */
  refusal: string | null;
  detail: string;
}

const POLL_MILLIS = 400;
/** After the deadline the hub says that nobody answered. */
const PATIENCE_MILLIS = 50_000;

const states = reactive(new Map<string, StillState>());
const keyOf = ({ node, id }: CameraKey) => `${node}/${id}`;

export function stillOf(camera: CameraKey): StillState {
  const key = keyOf(camera);
  if (!states.has(key)) {
    states.set(key, { url: null, capturedAt: null, asking: false, refusal: null, detail: '' });
  }
  return states.get(key)!;
}

const pause = () => new Promise((done) => setTimeout(done, POLL_MILLIS));

export async function refreshStill(camera: CameraKey): Promise<void> {
  const state = stillOf(camera);
  if (state.asking) return;
  Object.assign(state, { asking: true, refusal: null, detail: '' });
  try {
    let still = await askStill(camera);
    const until = Date.now() + PATIENCE_MILLIS;
    while (['waiting', 'uploading'].includes(still.status) && Date.now() < until) {
      await pause();
      still = await readStill(camera, still.request_id);
    }
    await show(camera, state, still);
  } catch (error) {
    const problem = error instanceof ApiError ? error : null;
    Object.assign(state, { refusal: problem?.kind || 'failed', detail: problem?.detail ?? String(error) });
  } finally {
    state.asking = false;
  }
}

async function show(camera: CameraKey, state: StillState, still: Still): Promise<void> {
  if (still.status !== 'ready' || !still.picture) {
    Object.assign(state, { refusal: still.refusal ?? 'no_answer', detail: still.detail ?? '' });
    return;
  }
  // Fetched once, however often it is drawn: each look is written to the log.
  const answer = await fetch(cameraPictureUrl(camera, still.picture.sha256), { credentials: 'same-origin', cache: 'no-store' });
  if (!answer.ok) throw new ApiError(answer.status, 'picture', '');
  const url = URL.createObjectURL(await answer.blob());
  if (state.url) URL.revokeObjectURL(state.url);
  Object.assign(state, { url, capturedAt: still.picture.captured_at });
}
