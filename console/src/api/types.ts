/**
 * Shapes of the hub's HTTP interface (docs/http.md). Field names are the wire's own.
 * Times are RFC 3339 UTC text; optional fields may be absent or null.
 */
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

export type VerifyKind = 'precheck' | 'postcheck';
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

export interface EventData {
  std: string;
  version: string;
  code: string;
  name_zh: string;
  name_en: string;
  local: boolean;
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

export interface CaseSummary {
  case_id: string;
  version: number;
  state: CaseState;
  stage: string;
  event: EventData;
  /** Absent for a complaint whose event video cannot decide. */
  pattern?: Maybe<{ id: string; version: string }>;
  /** Absent for a complaint until a camera has been found. */
  camera?: Maybe<{ id: string; node: string }>;
  zone?: Maybe<string>;
  place?: Maybe<Place>;
  first_seen_at: string;
  confirmed_at: string;
  last_seen_at: string;
  gone_at?: Maybe<string>;
  dwell_secs: number;
  count: number;
  score: number;
  source: string;
  priority: Priority;
  received_at: string;
  thumbnail?: Maybe<Sha256>;
  /** 疑似: a person decides what it is. */
  suspected: boolean;
  /** The case that goes on for this one, while it is `MERGED`. */
  merged_into?: Maybe<string>;
  /** The next deadline of the clocks that run. */
  deadline?: Maybe<string>;
  /** One of them has run out. */
  overdue?: boolean;
  /** With whom of the grid's staff it is, while somebody is to look at it. */
  assigned?: Maybe<Assigned>;
  /** Why no video could decide, while it is with people. */
  manual_reason?: Maybe<string>;
}

export interface Assigned {
  /** Absent: nobody. */
  to?: Maybe<string>;
  why: string;
  metres?: Maybe<number>;
  at: string;
}

/** Whom a case may be given to. */
export interface StaffMember {
  name: string;
  /** Absent for whoever has no bounds. */
  why?: Maybe<string>;
  metres?: Maybe<number>;
  /** Other cases that wait for this one. */
  waiting: number;
}

/** One run of a clock of a case. */
export interface Clock {
  clock: string;
  started_at: string;
  pace?: Maybe<'working' | 'continuous'>;
  limit_secs?: Maybe<number>;
  extensions: number;
  paused_secs: number;
  paused_since?: Maybe<string>;
  deadline?: Maybe<string>;
  /** Why there is a limit and no deadline. */
  no_deadline?: Maybe<string>;
  overdue_at?: Maybe<string>;
  stopped_at?: Maybe<string>;
}

export interface ChecklistItem {
  id: string;
  name_zh: string;
  name_en: string;
  required: boolean;
  done: boolean;
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

export interface HistoryEntry {
  at: string;
  actor: string;
  kind: string;
  from?: Maybe<string>;
  to?: Maybe<string>;
  reason?: Maybe<string>;
  note?: Maybe<string>;
}

export interface Look {
  from: string;
  to: string;
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
  pattern?: Maybe<{ id: string; version: string }>;
}

export interface Verification {
  request_id: string;
  kind: VerifyKind;
  camera?: Maybe<string>;
  requested_at: string;
  result_at?: Maybe<string>;
  verdict?: Maybe<Verdict>;
  evidence: Evidence[];
  photographs?: Photograph[];
}

/** A crew's photograph: never shown, compared as advice. */
export interface Photograph {
  sha256: string;
  verdict?: Maybe<Verdict>;
  /** Cases that were handed the very same file. */
  also_in: string[];
}

export const FOOTAGE_STATUSES = ['waiting', 'uploading', 'ready', 'refused'] as const;
export type FootageStatus = (typeof FOOTAGE_STATUSES)[number];

/** What is not in a recording, and why. */
export interface Hole {
  from: string;
  to: string;
  reason: string;
}

/** Footage that somebody asked for. */
export interface Footage {
  request_id: string;
  camera: string;
  node: string;
  from: string;
  to: string;
  asked_at: string;
  status: FootageStatus;
  refusal?: Maybe<string>;
  /** The reason for most of what is missing. */
  hole?: Maybe<string>;
  detail?: Maybe<string>;
  holes: Hole[];
  shown?: Maybe<{ from: string; to: string }>;
  clock?: Maybe<string>;
  clip?: Maybe<Evidence>;
  filmstrip?: Maybe<Evidence>;
}

export interface CaseAction {
  action: ActionName;
  /** Codes to choose one from; empty where no reason is asked for. */
  reasons: string[];
}

/** One camera of several that have seen the thing. */
export interface Witness {
  camera: string;
  zone: string;
  boxes_fraction: [number, number, number, number][];
  place?: Maybe<Place>;
  first_seen_at: string;
  last_seen_at: string;
  gone_at?: Maybe<string>;
}

/** A case that may mean the same thing under another name. */
export interface Proposal {
  case_id: string;
  state: CaseState;
  event: EventData;
}

/** A case that is merged into another, with the pictures of its own cameras. */
export interface MergedCase extends CaseSummary {
  evidence: Evidence[];
}

/** An open case that another may be merged into. */
export interface NearCase extends CaseSummary {
  metres?: Maybe<number>;
  /** Proposed by its node as the same thing under another name. */
  proposed: boolean;
}

export interface CaseDetail extends CaseSummary {
  evidence: Evidence[];
  history: HistoryEntry[];
  verifications: Verification[];
  footage?: Maybe<Footage[]>;
  actions: CaseAction[];
  note_zh?: Maybe<string>;
  note_en?: Maybe<string>;
  external_no?: Maybe<string>;
  disposed_at?: Maybe<string>;
  rework_count?: Maybe<number>;
  component_id?: Maybe<string>;
  owner?: Maybe<string>;
  witnesses?: Maybe<Witness[]>;
  possibly_same_as?: Maybe<Proposal[]>;
  merged?: Maybe<MergedCase[]>;
  priority_class?: Maybe<string>;
  unit?: Maybe<string>;
  first_handler?: Maybe<string>;
  return_count?: Maybe<number>;
  suspended_until?: Maybe<string>;
  reopen_proposed?: boolean;
  /** The closed case that this one may show to be not done. */
  reopens?: Maybe<string>;
  recurrence_of?: Maybe<string>;
  count_30d?: Maybe<number>;
  days_30d?: Maybe<number>;
  recurring?: Maybe<'repeated' | 'stubborn'>;
  clocks?: Maybe<Clock[]>;
  checklist?: Maybe<ChecklistItem[]>;
}

export interface CameraPattern {
  id: string;
  version: string;
  name_zh: string;
  name_en: string;
  dwell_secs: number;
}

export interface Camera {
  id: string;
  node: string;
  condition: CameraCondition;
  since?: Maybe<string>;
  detail?: Maybe<string>;
  online: boolean;
  place?: Maybe<{
    lon_deg: number;
    lat_deg: number;
    height_metres: number;
    datum: string;
    footprint_lonlat: LonLat[];
  }>;
  /** BeiDou 2D codes of the cells that it sees. */
  footprint: string[];
  patterns: CameraPattern[];
  recording?: Maybe<{ from: string; to: string }>;
  note_zh?: Maybe<string>;
  note_en?: Maybe<string>;
}

export interface Session {
  name: string;
  /** 单位 */
  unit?: Maybe<string>;
  /** `viewer`, `grid_staff`, `dispatcher`, `reviewer`, `administrator`, `auditor` */
  roles: string[];
  /** BeiDou codes that bound what is seen; empty: the whole district. */
  area: string[];
  csrf_token: string;
  version: string;
  demo: boolean;
}

export interface Complaint {
  external_no: string;
  source: string;
  event?: string;
  text?: string;
  place: { code: string } | { lon_deg: number; lat_deg: number; datum: string };
  reported_at: string;
  note?: string;
}

export interface CaseEvent {
  case_id: string;
  version: number;
  state: CaseState;
}
