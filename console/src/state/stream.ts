/**
 * Live updates by server-sent events. Everything is read when the page begins and again after every
 * (re)connection; where the hub refuses the stream, with every try to open it.
 */
import { ref } from 'vue';
import type { CaseEvent } from '../api/types';
import { refreshCameras } from './cameras';
import { caseChanges } from './changes';
import * as chosen from './chosen';
import * as queue from './queue';
import { ask, standing } from './session';

export const live = ref(false);

const RETRY_MILLIS = 3000;
/** The hub ends every stream after a while; a reconnection this quick is not worth a word. */
const QUIET_MILLIS = 6000;
let source: EventSource | null = null;
let retry: ReturnType<typeof setTimeout> | undefined;
let lost: ReturnType<typeof setTimeout> | undefined;

function readAll(): void {
  queue.refresh();
  refreshCameras();
  chosen.reload();
  caseChanges.value += 1;
}

export function openStream(): void {
  closeStream();
  readAll();
  const stream = new EventSource('/api/v1/stream');
  source = stream;
  stream.addEventListener('open', () => {
    clearTimeout(lost);
    lost = undefined;
    live.value = true;
    readAll();
  });
  stream.addEventListener('error', () => {
    lost ??= setTimeout(() => (live.value = false), QUIET_MILLIS);
    // The browser retries by itself unless the hub refused the request.
    if (stream.readyState !== EventSource.CLOSED || source !== stream) return;
    retry = setTimeout(() => {
      void ask().then(() => {
        if (standing.value !== 'out' && source === stream) openStream();
      });
    }, RETRY_MILLIS);
  });
  stream.addEventListener('case', (message) => {
    const event = parsed(message.data as string);
    if (!event) return;
    queue.onEvent(event);
    chosen.onEvent(event);
    caseChanges.value += 1;
  });
  // Some events were missed.
  stream.addEventListener('resync', readAll);
  stream.addEventListener('camera', () => refreshCameras());
}

export function closeStream(): void {
  clearTimeout(retry);
  clearTimeout(lost);
  lost = undefined;
  source?.close();
  source = null;
  live.value = false;
}

function parsed(text: string): CaseEvent | null {
  try {
    const event = JSON.parse(text) as CaseEvent;
    return typeof event.case_id === 'string' && typeof event.version === 'number' ? event : null;
  } catch {
    return null;
  }
}
