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

export const PAGES: readonly Page[] = [
  {
    path: 'review/:case?',
    name: 'review',
    roles: [],
    load: () => import('./pages/review/ReviewPage.vue'),
  },
  {
    path: 'map',
    name: 'map',
    // Who sees cases: an administrator alone does not.
    roles: ['viewer', 'grid_staff', 'dispatcher', 'reviewer', 'auditor'],
    load: () => import('./pages/map/MapPage.vue'),
  },
  {
    path: 'cameras/:node?/:camera?/:tab?',
    name: 'cameras',
    // As of the map.
    roles: ['viewer', 'grid_staff', 'dispatcher', 'reviewer', 'auditor'],
    load: () => import('./pages/cameras/CamerasPage.vue'),
  },
];

/** What somebody with these roles may open. */
export function pagesFor(roles: readonly string[], pages = PAGES): Page[] {
  return pages.filter((page) => page.roles.length === 0 || page.roles.some((role) => roles.includes(role)));
}
