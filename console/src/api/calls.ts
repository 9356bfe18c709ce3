/** The calls of docs/http.md that the page makes, one function each. */
import { call } from './client';
import type { Act, DryRunWanted, FootageWanted, SceneChecked, SignInWays, SurveyWanted } from './schema';
import type {
  ActionName,
  Camera,
  CaseDetail,
  CaseState,
  CaseSummary,
  Complaint,
  DryRun,
  Footage,
  NearCase,
  Session,
  Solved,
  StaffMember,
  Still,
  Street,
} from './types';

export interface CaseFilter {
  states: CaseState[];
  camera?: string | null;
  /** Only what this one is to look at. */
  assignee?: string | null;
  /** A code of the catalogue. */
  event?: string | null;
  source?: string | null;
  /** A BeiDou 2D code of any level: what lies in it. */
  cell?: string | null;
  /** The name of an area of the hub's. */
  street?: string | null;
}

export interface CasePage {
  items: CaseSummary[];
  next_cursor?: string | null;
}

export const signIn = (name: string, password: string) =>
  call<void>('POST', '/session', { name, password });

export const signOut = () => call<void>('DELETE', '/session');

/** How people sign in at this hub. */
export const readSignInWays = async () =>
  (await call<SignInWays>('GET', '/session/ways')).body;

export const readSession = async () => (await call<Session>('GET', '/session')).body;

export async function listCases(
  filter: CaseFilter,
  limit: number,
  cursor?: string,
): Promise<CasePage> {
  const query = new URLSearchParams();
  for (const state of filter.states) query.append('state', state);
  for (const name of ['camera', 'assignee', 'event', 'source', 'cell', 'street'] as const) {
    const wanted = filter[name];
    if (wanted) query.set(name, wanted);
  }
  query.set('limit', String(limit));
  if (cursor) query.set('cursor', cursor);
  return (await call<CasePage>('GET', `/cases?${query}`)).body;
}

const casePath = (id: string) => `/cases/${encodeURIComponent(id)}`;

export const readCase = async (id: string) => (await call<CaseDetail>('GET', casePath(id))).body;

/** Open cases that this one may be merged into, the likeliest first. */
export const nearCases = async (id: string) =>
  (await call<{ items: NearCase[] }>('GET', `${casePath(id)}/near`)).body.items;

/** Whom of the grid's staff the case may be given to, the nearest first. */
export const staffFor = async (id: string) =>
  (await call<{ items: StaffMember[] }>('GET', `${casePath(id)}/staff`)).body.items;

/** What a person decides, with what it needs. */
export type Decision = Omit<Act, 'action'> & {
  action: ActionName;
  /** Of a reclassification. */
  event_code?: string;
};

/** Refused with 412 when the case is no longer at `version`. */
export const act = async (id: string, version: number, decision: Decision) =>
  (await call<CaseDetail>('POST', `${casePath(id)}/act`, decision, { 'If-Match': `"${version}"` }))
    .body;

/** Masked footage of a camera that has seen the case; the case's `footage` follows what becomes of it. */
export const askFootage = async (id: string, wanted: FootageWanted) =>
  (await call<Footage>('POST', `${casePath(id)}/footage`, wanted)).body;

export const footageExportUrl = (id: string, requestId: string) =>
  `/api/v1${casePath(id)}/footage/${encodeURIComponent(requestId)}/export`;

export const fileComplaint = async (complaint: Complaint) =>
  (await call<CaseDetail>('POST', '/complaints', complaint)).body;

export const listCameras = async () =>
  (await call<{ items: Camera[] }>('GET', '/cameras')).body.items;

/** A camera, by the node that has it. */
export interface CameraKey {
  node: string;
  id: string;
}

const cameraPath = ({ node, id }: CameraKey) =>
  `/cameras/${encodeURIComponent(node)}/${encodeURIComponent(id)}`;

/** One masked frame of now; `readStill` follows what becomes of it. */
export const askStill = async (camera: CameraKey) =>
  (await call<Still>('POST', `${cameraPath(camera)}/still`)).body;

export const readStill = async (camera: CameraKey, requestId: string) =>
  (await call<Still>('GET', `${cameraPath(camera)}/stills/${encodeURIComponent(requestId)}`)).body;

/** A picture that the camera was asked for; each look is logged by the hub. */
export const cameraPictureUrl = (camera: CameraKey, sha256: string) =>
  `/api/v1${cameraPath(camera)}/pictures/${encodeURIComponent(sha256)}`;

/** The fit of control points, or why there is none. Nothing is kept. */
export const solveCalibration = async (survey: SurveyWanted) =>
  (await call<Solved>('POST', '/calibrations/solve', survey)).body;

/** What is wrong with drawn zones. */
export const checkScene = async (toml: string) =>
  (await call<SceneChecked>('POST', '/scenes/check', { toml })).body.faults;

/** Tries a pattern on the camera's recording; no case is opened. */
export const tryPattern = async (camera: CameraKey, wanted: DryRunWanted) =>
  (await call<DryRun>('POST', `${cameraPath(camera)}/dry-run`, wanted)).body;

const dryRunPath = (camera: CameraKey, id: string) => `${cameraPath(camera)}/dry-runs/${encodeURIComponent(id)}`;

export const readDryRun = async (camera: CameraKey, id: string) =>
  (await call<DryRun>('GET', dryRunPath(camera, id))).body;

export const cancelDryRun = async (camera: CameraKey, id: string) =>
  (await call<DryRun>('DELETE', dryRunPath(camera, id))).body;

/** Areas that have a name; none where the hub knows of none. */
export const listStreets = async () => (await call<{ items: Street[] }>('GET', '/streets')).body.items;

/**
 * Pictures are named by their digest; any other address in an answer is ignored. The hub logs who
 * has looked at what; the case says why.
 */
export const evidenceUrl = (sha256: string, caseId: string) =>
  `/api/v1/evidence/${encodeURIComponent(sha256)}?case=${encodeURIComponent(caseId)}`;

/** The case as a signed zip; each picture in it is written to the log of views. */
export const packagePath = (id: string) => `/api/v1${casePath(id)}/package`;
