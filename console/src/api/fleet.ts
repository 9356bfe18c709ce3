/** The calls of docs/http.md about nodes, and about messages that a platform did not take. */
import { call } from './client';
import type { DeadLetter } from './schema';
import type { CameraCondition, Maybe } from './types';

export interface NodeCamera {
  id: string;
  /** Absent: the node has not told it yet. */
  condition?: Maybe<CameraCondition>;
  since?: Maybe<string>;
}

export interface NodeStats {
  uptime_secs: number;
  frames_dropped: number;
  cases_opened: number;
  /** Facts that wait for the hub. */
  outbox_depth: number;
  /** Files that wait for the hub. */
  uploads_pending: number;
}

export interface EdgeNode {
  node: string;
  /** `online`, `offline` or `stopping` */
  state: string;
  version: string;
  boot_id: string;
  heard_at: string;
  cameras: NodeCamera[];
  stats?: Maybe<NodeStats>;
}

export type Letter = DeadLetter;

export const listNodes = async () => (await call<{ items: EdgeNode[] }>('GET', '/fleet')).body.items;

export const listDead = async () => (await call<{ items: Letter[] }>('GET', '/deliveries/dead')).body.items;

export const sendAgain = ({ hook, message_id }: Letter) =>
  call<void>('POST', `/deliveries/${encodeURIComponent(hook)}/${encodeURIComponent(message_id)}/retry`);
