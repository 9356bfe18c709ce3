/**
 * Names of what the hub's interface carries, from its own document (`schema.ts`, made by `npm run api`).
 * What the document leaves open is closed here: codes that it has as text, and objects that it has
 * without fields. Times are RFC 3339 UTC text.
 */
import type * as hub from './schema';

/** `Of` with the fields of `Closed` in place of its own. */
type Close<Of, Closed> = Omit<Of, keyof Closed> & Closed;

export type Maybe<T> = T | null | undefined;
export type Sha256 = string;

export const CASE_STATES = [
  'PENDING_REVIEW',
  'PRECHECKING',
  'FILED',
  'DISPATCHED',
  'HANDLING',
  'SUSPENDED',
  'DISPOSED',
  'POSTCHECKING',
  'MANUAL',
  'REWORK',
  'CLOSED',
  'REJECTED',
  'VANISHED',
  'MERGED',
] as const;
export type CaseState = (typeof CASE_STATES)[number];

export const STAGES = [
  'collection',
  'filing',
  'dispatch',
  'handling',
  'feedback',
  'verification',
  'evaluation',
] as const;

export const PRIORITIES = ['urgent', 'normal', 'low'] as const;
export type Priority = (typeof PRIORITIES)[number];

export const ACTIONS = [
  'confirm',
  'reject',
  'merge',
  'unmerge',
  'close',
  'rework',
  'reopen',
  'dispatch',
  'return',
  'accept',
  'suspend',
  'resume',
  'extend',
  'assign',
  'check',
  'uncheck',
  'reclassify',
  'undo',
] as const;
export type ActionName = (typeof ACTIONS)[number];

export const CAMERA_CONDITIONS = [
  'ok',
  'offline',
  'frozen',
  'black',
  'blurred',
  'covered',
  'moved',
  'overexposed',
  'rain_on_lens',
] as const;
export type CameraCondition = (typeof CAMERA_CONDITIONS)[number];

export const OUTCOMES = ['PRESENT', 'CLEARED', 'UNDETERMINABLE'] as const;
export type Outcome = (typeof OUTCOMES)[number];

export type EvidenceRole =
  | 'snapshot'
  | 'annotated'
  | 'clip'
  | 'before'
  | 'after'
  | 'playback'
  | 'filmstrip';

/** West, south, east, north in degrees. */
export type CellBounds = [number, number, number, number];
export type LonLat = [number, number];

/** A stretch of time. */
export interface Interval {
  from: string;
  to: string;
}

// Objects without fields in the document.

export interface EventData {
  std: string;
  version: string;
  code: string;
  name_zh: string;
  name_en: string;
  local: boolean;
}

export interface PatternId {
  id: string;
  version: string;
}

export interface Place {
  code_2d: string;
  /** Absent, like the height, where a complaint gave none. */
  code_3d?: Maybe<string>;
  level: number;
  lon_deg: number;
  lat_deg: number;
  height_metres?: Maybe<number>;
  error_metres: number;
  datum: string;
  cell?: Maybe<CellBounds>;
}

export interface Evidence {
  role: EvidenceRole;
  sha256: Sha256;
  media_type: string;
  width_px: number;
  height_px: number;
  captured_at: string;
  /** Held whole and checked; before that only its name is known. */
  available: boolean;
}

export interface Look extends Interval {
  frames: number;
  valid_frames: number;
  found: number;
}

export interface Verdict {
  verdict: Outcome;
  reasons: string[];
  advisory: boolean;
  looks: Look[];
  positive_control: { ran: boolean; found: boolean };
  fov_match?: Maybe<number>;
  model?: Maybe<{ id: string; sha256: string }>;
  pattern?: Maybe<PatternId>;
}

/** What is not in a recording, and why. */
export interface Hole extends Interval {
  reason: string;
}

export interface CameraPattern extends PatternId {
  name_zh: string;
  name_en: string;
  dwell_secs: number;
}

export interface CameraPlace {
  lon_deg: number;
  lat_deg: number;
  height_metres: number;
  datum: string;
  footprint_lonlat: LonLat[];
}

// Cases.

export type Assigned = hub.AssignedView;
export type StaffMember = hub.StaffView;
export type Clock = hub.ClockView;
export type ChecklistItem = hub.ItemView;
export type HistoryEntry = hub.HistoryView;
/** What a case may be changed to. */
export interface EventChoice {
  code: string;
  name_zh: string;
  name_en: string;
}
export type CaseAction = Close<
  hub.ActionView,
  {
    action: ActionName;
    /** Of `reclassify`. */
    choices?: Maybe<EventChoice[]>;
    /** Of `undo`: how long the decision may be taken back. */
    until?: Maybe<string>;
  }
>;
/** An area that has a name, and the cells that make it. */
export interface Street {
  name: string;
  cells: string[];
}

interface CaseCodes {
  state: CaseState;
  priority: Priority;
  event: EventData;
  pattern?: Maybe<PatternId>;
  place?: Maybe<Place>;
}
export type CaseSummary = Close<hub.CaseSummary, CaseCodes>;

/** A crew's photograph: never shown, compared as advice. */
export type Photograph = Close<hub.PhotographView, { verdict?: Maybe<Verdict> }>;

export type VerifyKind = 'precheck' | 'postcheck';
export type Verification = Close<
  hub.VerificationView,
  { kind: VerifyKind; evidence: Evidence[]; photographs?: Photograph[]; verdict?: Maybe<Verdict> }
>;

export type FootageStatus = hub.FootageStatus;
/** Footage that somebody asked for. */
export type Footage = Close<
  hub.FootageView,
  { holes: Hole[]; shown?: Maybe<Interval>; clip?: Maybe<Evidence>; filmstrip?: Maybe<Evidence> }
>;

/** One camera of several that have seen the thing. */
export type Witness = Close<hub.WitnessView, { place?: Maybe<Place> }>;

/** A case that may mean the same thing under another name. */
export type Proposal = Close<hub.ProposalView, { state: CaseState; event: EventData }>;

/** A case that is merged into another, with the pictures of its own cameras. */
export type MergedCase = Close<hub.MergedView, CaseCodes & { evidence: Evidence[] }>;

/** An open case that another may be merged into. */
export type NearCase = Close<hub.NearCase, CaseCodes>;

/** Who is to deal with such a case by the district's list; a proposal. */
export interface Responsibility {
  unit: string;
  manager?: Maybe<string>;
  /** The time for it, in the list's own words. */
  limit_text?: Maybe<string>;
  list_version: string;
}

export type CaseDetail = Close<
  hub.CaseDetail,
  CaseCodes & {
    evidence: Evidence[];
    verifications: Verification[];
    footage: Footage[];
    actions: CaseAction[];
    witnesses: Witness[];
    possibly_same_as: Proposal[];
    merged: MergedCase[];
    responsibility?: Maybe<Responsibility>;
  }
>;

/** What the live stream tells of a case. */
export interface CaseEvent {
  case_id: string;
  version: number;
  state: CaseState;
}

// Cameras, people, complaints.

/** What is drawn on a camera's view, in pixels of its frame. */
export interface CameraScene {
  frame: { width_px: number; height_px: number };
  zones: {
    id: string;
    polygon_px: number[][];
    line_px?: Maybe<number[][]>;
    tags?: Maybe<string[]>;
    component_id?: Maybe<string>;
    owner?: Maybe<string>;
    tiles?: Maybe<{ width_px: number; height_px: number; overlap: number }>;
  }[];
  privacy?: Maybe<{ polygon_px: number[][] }[]>;
}

export type Camera = Close<
  hub.CameraView,
  {
    condition: CameraCondition;
    place?: Maybe<CameraPlace>;
    patterns: CameraPattern[];
    recording?: Maybe<Interval>;
    scene?: Maybe<CameraScene>;
  }
>;

/** Refusals of a still. */
export const STILL_REFUSALS = ['unknown_camera', 'no_frame', 'blind', 'not_made', 'no_answer'] as const;
export type Still = hub.StillView;

/** How a dry run stands; those from `done` on are its last word. */
export const DRY_RUN_STATES = ['asked', 'queued', 'running', 'done', 'refused', 'cancelled', 'out_of_time', 'no_answer'] as const;
export type DryRun = Close<hub.DryRunView, { state: (typeof DRY_RUN_STATES)[number]; holes: Hole[] }>;

/** What stands against a calibration. */
export const UNFITS = ['too_few_points', 'one_line', 'repeated', 'outlier', 'no_fit', 'bad_fit', 'setting'] as const;
export type Solved = Close<
  hub.SolvedView,
  { facts: Record<string, number>; hulls_px: number[][][]; grid?: Maybe<{ level: number; lines_px: number[][][] }> }
>;

export type Session = hub.SessionView;
export type Complaint = hub.Complaint;
