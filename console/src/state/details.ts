/**
 * Cases as they were last read, so that the next one of the queue is shown the moment it is chosen:
 * it and its pictures have been read before. Few are held, whatever the length of a shift.
 */
import { evidenceUrl, readCase } from '../api/calls';
import type { CaseDetail, CaseEvent } from '../api/types';
import { filesOf, firstView, picturesOf, viewsOf } from '../words/evidence';
import { boxes } from './looks';

/** How many cases ahead are read. */
export const AHEAD = 3;
const HELD_MAX = 16;

const held = new Map<string, CaseDetail>();
const asked = new Set<string>();
/** Pictures stay decoded as long as somebody holds them. */
const pictures = new Map<string, HTMLImageElement[]>();

export const known = (id: string): CaseDetail | null => held.get(id) ?? null;

export function keep(detail: CaseDetail): void {
  const old = held.get(detail.case_id);
  if (old && old.version > detail.version) return;
  held.delete(detail.case_id);
  held.set(detail.case_id, detail);
  for (const id of held.keys()) {
    if (held.size <= HELD_MAX) break;
    drop(id);
  }
}

function drop(id: string): void {
  held.delete(id);
  pictures.delete(id);
}

export async function read(id: string): Promise<CaseDetail> {
  const fresh = await readCase(id);
  keep(fresh);
  return fresh;
}

/** Of these, what is not held yet; a failure is no matter, the case is read again when it is chosen. */
export function prefetch(ids: readonly string[]): void {
  for (const id of ids) {
    if (held.has(id) || asked.has(id)) continue;
    asked.add(id);
    void read(id)
      .then(preload, () => {})
      .finally(() => asked.delete(id));
  }
}

/** What a person has not chosen yet is read again only when it is near once more. */
export function onEvent({ case_id, version }: CaseEvent): void {
  const old = held.get(case_id);
  if (old && old.version < version) drop(case_id);
}

function preload(detail: CaseDetail): void {
  const all = picturesOf(detail);
  const view = firstView(viewsOf(all));
  // A clip begins to play with its first bytes.
  const wanted = view === 'clip' ? [] : filesOf(all, view, boxes.value);
  const images = wanted.flatMap((file) => {
    if (!file.available) return [];
    const image = new Image();
    image.src = evidenceUrl(file.sha256, detail.case_id);
    void image.decode().catch(() => {});
    return [image];
  });
  if (held.has(detail.case_id)) pictures.set(detail.case_id, images);
}
