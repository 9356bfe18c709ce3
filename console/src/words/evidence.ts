/** Which files of a case show what. */
import type { CaseDetail, Evidence, EvidenceRole, Look, Verdict, Verification } from '../api/types';

const newest = (files: readonly Evidence[], role: EvidenceRole): Evidence | null =>
  files
    .filter((file) => file.role === role)
    // A file that is held goes before a newer one that is still on its way.
    .sort(
      (a, b) =>
        Number(b.available) - Number(a.available) || b.captured_at.localeCompare(a.captured_at),
    )[0] ?? null;

export interface Pictures {
  annotated: Evidence | null;
  clean: Evidence | null;
  clip: Evidence | null;
  before: Evidence | null;
  after: Evidence | null;
}

/**
 * The last verification that brought pictures tells before and after, else the case's own files do.
 * The other way round for what the case opened with: a complaint has only what its check brought.
 */
export function picturesOf(detail: Pick<CaseDetail, 'evidence' | 'verifications'>): Pictures {
  const checks = [...detail.verifications].reverse();
  const checked = (role: EvidenceRole) =>
    checks.map((check) => newest(check.evidence, role)).find(Boolean) ?? null;
  // The case lists the files of its checks as well.
  const ofChecks = new Set(checks.flatMap((check) => check.evidence.map((file) => file.sha256)));
  const mine = detail.evidence.filter((file) => !ofChecks.has(file.sha256));
  const own = (role: EvidenceRole) => newest(mine, role);
  return {
    annotated: own('annotated') ?? checked('annotated'),
    clean: own('snapshot') ?? checked('snapshot'),
    clip: own('clip') ?? checked('clip'),
    before: checked('before') ?? own('before'),
    after: checked('after') ?? own('after'),
  };
}

/** Whose pictures: the case's own, or those of a case that is merged into it. */
export interface Source {
  caseId: string;
  camera: string;
  pictures: Pictures;
}

/** The case's own first; a merged case without a picture is none to look at. */
export function sourcesOf(detail: CaseDetail): Source[] {
  const name = ({ camera, case_id }: Pick<CaseDetail, 'camera' | 'case_id'>) =>
    camera ? `${camera.node} / ${camera.id}` : case_id.slice(0, 8);
  const own = { caseId: detail.case_id, camera: name(detail), pictures: picturesOf(detail) };
  const merged = (detail.merged ?? []).map((other) => ({
    caseId: other.case_id,
    camera: name(other),
    pictures: picturesOf({ evidence: other.evidence, verifications: [] }),
  }));
  return [own, ...merged.filter(({ pictures }) => viewsOf(pictures).length > 0)];
}

export const VIEWS = ['picture', 'compare', 'before', 'after', 'clip'] as const;
export type View = (typeof VIEWS)[number];

/** What there is to see; before and after alone only while the other is missing. */
export function viewsOf(pictures: Pictures): View[] {
  const pair = Boolean(pictures.before && pictures.after);
  return VIEWS.filter((view) => {
    if (view === 'picture') return pictures.annotated || pictures.clean;
    if (view === 'compare') return pair;
    if (view === 'before' || view === 'after') return !pair && pictures[view];
    return pictures[view];
  });
}

/** The files that a view shows; `boxes` chooses where there is one with and one without. */
export function filesOf(pictures: Pictures, view: View | null, boxes: boolean): Evidence[] {
  const { annotated, clean, before, after, clip } = pictures;
  const picture = boxes ? (annotated ?? clean) : (clean ?? annotated);
  const files = { picture: [picture], compare: [before, after], before: [before], after: [after], clip: [clip] };
  return view ? files[view].filter((file) => file !== null) : [];
}

/** A pair to compare is what a reader wants first: it is the newest thing in the case. */
export function firstView(views: readonly View[]): View | null {
  return views.includes('compare') ? 'compare' : (views[0] ?? null);
}

/** The verification that a reader should see first: one that runs, else the last that answered. */
export function latestCheck(checks: readonly Verification[]): Verification | null {
  return checks.reduce<Verification | null>(
    (best, check) => (!best || check.requested_at >= best.requested_at ? check : best),
    null,
  );
}

/** A verification that has answered. */
export type Answered = Verification & { verdict: Verdict };

/** What the newest answer by video is. */
export function latestAnswer(checks: readonly Verification[]): Answered | null {
  return latestCheck(checks.filter((check) => check.verdict)) as Answered | null;
}

/** How many of the frames that were looked at could tell anything; null where none was. */
export function validFrames({ looks }: Verdict): { valid: number; all: number; percent: number } | null {
  const sum = (of: (look: Look) => number) => looks.reduce((total, look) => total + of(look), 0);
  const [valid, all] = [sum((look) => look.valid_frames), sum((look) => look.frames)];
  return all > 0 ? { valid, all, percent: Math.floor((100 * valid) / all) } : null;
}
