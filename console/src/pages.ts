/** The pages that there are, in the order of the navigation: a page more is a row more. */
import type { Component } from 'vue';

export interface Page {
  /** What stands after `#/`; parameters are vue-router's. */
  path: string;
  /** Names the route, and the page's words in `pages.<name>`. */
  name: string;
  /** Whose page it is; empty: everybody's who is signed in. */
  roles: readonly string[];
  load: () => Promise<{ default: Component }>;
}

/** Who sees cases: an administrator alone does not. */
const SEE = ['viewer', 'grid_staff', 'dispatcher', 'reviewer', 'auditor'];

export const PAGES: readonly Page[] = [
  {
    path: 'review/:case?',
    name: 'review',
    roles: SEE,
    load: () => import('./pages/review/ReviewPage.vue'),
  },
  {
    path: 'map',
    name: 'map',
    roles: SEE,
    load: () => import('./pages/map/MapPage.vue'),
  },
  {
    path: 'cameras/:node?/:camera?/:tab?',
    name: 'cameras',
    roles: SEE,
    load: () => import('./pages/cameras/CamerasPage.vue'),
  },
  {
    path: 'shift',
    name: 'shift',
    // Who works in shifts.
    roles: ['grid_staff', 'dispatcher', 'reviewer'],
    load: () => import('./pages/shift/ShiftPage.vue'),
  },
  {
    path: 'statistics/:day?',
    name: 'statistics',
    roles: SEE,
    load: () => import('./pages/statistics/StatisticsPage.vue'),
  },
  {
    path: 'audit',
    name: 'audit',
    roles: ['auditor'],
    load: () => import('./pages/audit/AuditPage.vue'),
  },
  {
    path: 'people',
    name: 'people',
    roles: ['administrator'],
    load: () => import('./pages/people/PeoplePage.vue'),
  },
  {
    path: 'fleet',
    name: 'fleet',
    roles: [...SEE, 'administrator'],
    load: () => import('./pages/fleet/FleetPage.vue'),
  },
];

/** What somebody with these roles may open. */
export function pagesFor(roles: readonly string[], pages = PAGES): Page[] {
  return pages.filter((page) => page.roles.length === 0 || page.roles.some((role) => roles.includes(role)));
}

/** Whether cases and their changes are for somebody with these roles. */
export const seesCases = (roles: readonly string[]): boolean => roles.some((role) => SEE.includes(role));
