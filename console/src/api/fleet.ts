/** The calls of docs/http.md about nodes, and about messages that a platform did not take. */
import { call } from './client';
import type { DeadLetter, FleetCamera, NodeView } from './schema';
import type { CameraCondition, Maybe } from './types';

export type NodeCamera = Omit<FleetCamera, 'condition'> & { condition?: Maybe<CameraCondition> };

/** Of a node's last figures, what the page shows. */
export interface NodeStats {
  uptime_secs: number;
  frames_dropped: number;
  cases_opened: number;
  /** Facts that wait for the hub. */
  outbox_depth: number;
  /** Files that wait for the hub. */
  uploads_pending: number;
}

export type EdgeNode = Omit<NodeView, 'cameras' | 'stats'> & { cameras: NodeCamera[]; stats?: Maybe<NodeStats> };

export type Letter = DeadLetter;

export const listNodes = async () => (await call<{ items: EdgeNode[] }>('GET', '/fleet')).body.items;

export const listDead = async () => (await call<{ items: Letter[] }>('GET', '/deliveries/dead')).body.items;

export const sendAgain = ({ hook, message_id }: Letter) =>
  call<void>('POST', `/deliveries/${encodeURIComponent(hook)}/${encodeURIComponent(message_id)}/retry`);
