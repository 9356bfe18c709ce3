/** A dry run: what is asked of the hub, and how it goes on. One a camera, kept while the page is open. */
import { reactive } from 'vue';
import { type CameraKey, cancelDryRun, readDryRun, tryPattern } from '../../api/calls';
import type { DryRun } from '../../api/types';
import type { DryRunWanted } from '../../api/schema';
import { explain } from '../../state/toasts';

export interface Trial {
  run: DryRun | null;
  asking: boolean;
  problem: string;
}

const POLL_MILLIS = 1000;
const trials = reactive(new Map<string, Trial>());

export function trialOf({ node, id }: CameraKey): Trial {
  const key = `${node}/${id}`;
  if (!trials.has(key)) trials.set(key, { run: null, asking: false, problem: '' });
  return trials.get(key)!;
}

export const goesOn = (run: DryRun | null): boolean => run !== null && ['asked', 'queued', 'running'].includes(run.state);
/** Its pictures may come after its last word. */
const isWhole = (run: DryRun) => !goesOn(run) && run.cases.every(({ picture }) => !picture || picture.available);
const POLLS_FOR_PICTURES = 30;

export async function start(camera: CameraKey, wanted: DryRunWanted): Promise<void> {
  const trial = trialOf(camera);
  if (trial.asking || goesOn(trial.run)) return;
  Object.assign(trial, { asking: true, problem: '' });
  try {
    trial.run = await tryPattern(camera, wanted);
  } catch (error) {
    trial.problem = explain(error);
  }
  trial.asking = false;
  await follow(camera, trial);
}

async function follow(camera: CameraKey, trial: Trial): Promise<void> {
  let left = POLLS_FOR_PICTURES;
  while (trial.run && !isWhole(trial.run) && left > 0) {
    await new Promise((done) => setTimeout(done, POLL_MILLIS));
    if (!goesOn(trial.run)) left -= 1;
    // A hub that restarts goes on with it.
    trial.run = await readDryRun(camera, trial.run.request_id).catch(() => trial.run);
  }
}

export async function cancel(camera: CameraKey): Promise<void> {
  const { run } = trialOf(camera);
  if (run) await cancelDryRun(camera, run.request_id).catch((error) => (trialOf(camera).problem = explain(error)));
}

/** `name = value` lines; a number of the line that is none. Values are JSON, or else text. */
export function fieldsOf(text: string): { fields: Record<string, unknown> } | { bad: number } {
  const fields: Record<string, unknown> = {};
  for (const [index, line] of text.split('\n').entries()) {
    if (!line.trim()) continue;
    const found = /^\s*([A-Za-z0-9_-]+)\s*=\s*(.+?)\s*$/.exec(line);
    if (!found) return { bad: index + 1 };
    try {
      fields[found[1]!] = JSON.parse(found[2]!);
    } catch {
      fields[found[1]!] = found[2]!;
    }
  }
  return { fields };
}
