/** What of the fleet needs somebody. */
import type { EdgeNode, NodeCamera } from '../../api/fleet';

/** Cameras that have told a fault; one that has told nothing is not known to have one. */
export const faulty = ({ cameras }: EdgeNode): NodeCamera[] =>
  cameras.filter(({ condition }) => condition != null && condition !== 'ok');

/** How many are in each condition, the most first; `''`: not told. */
export function conditions({ cameras }: EdgeNode): [condition: string, n: number][] {
  const counts = new Map<string, number>();
  for (const { condition } of cameras) counts.set(condition ?? '', (counts.get(condition ?? '') ?? 0) + 1);
  return [...counts].sort(([a, n], [b, m]) => m - n || a.localeCompare(b));
}

export const backlog = ({ stats }: EdgeNode): number => (stats?.outbox_depth ?? 0) + (stats?.uploads_pending ?? 0);

/** Nodes that are not there first, then those with faults, then by name. */
export function worstFirst(nodes: readonly EdgeNode[]): EdgeNode[] {
  const rank = (node: EdgeNode) => (node.state !== 'online' ? 0 : faulty(node).length > 0 ? 1 : 2);
  return [...nodes].sort((a, b) => rank(a) - rank(b) || a.node.localeCompare(b.node));
}

export function totals(nodes: readonly EdgeNode[]): { online: number; all: number; bad: number; backlog: number } {
  return {
    online: nodes.filter(({ state }) => state === 'online').length,
    all: nodes.length,
    bad: nodes.reduce((sum, node) => sum + faulty(node).length, 0),
    backlog: nodes.reduce((sum, node) => sum + backlog(node), 0),
  };
}
