import { describe, expect, it } from 'vitest';
import type { EdgeNode } from '../../api/fleet';
import type { CameraCondition } from '../../api/types';
import { conditions, totals, worstFirst } from './health';

const node = (name: string, state: string, told: (CameraCondition | null)[], waiting = 0): EdgeNode => ({
  node: name, state, version: '1', boot_id: '', heard_at: '',
  cameras: told.map((condition, i) => ({ id: `c${i}`, condition })),
  stats: { uptime_secs: 1, frames_dropped: 0, cases_opened: 0, outbox_depth: waiting, uploads_pending: 1 },
});

describe('the fleet', () => {
  it('has those first that somebody must go to', () => {
    const nodes = [node('a', 'online', ['ok']), node('b', 'online', ['blurred']), node('d', 'offline', []), node('c', 'stopping', []), node('e', 'online', [null])];
    expect(worstFirst(nodes).map(({ node: name }) => name)).toEqual(['c', 'd', 'b', 'a', 'e']);
  });

  it('counts conditions, and takes silence for no fault', () => {
    const one = node('a', 'online', ['ok', 'moved', 'ok', null], 4);
    expect(conditions(one)).toEqual([['ok', 2], ['', 1], ['moved', 1]]);
    expect(totals([one, { ...node('b', 'offline', []), stats: null }])).toEqual({ online: 1, all: 2, bad: 1, backlog: 5 });
  });
});
