/** Addresses of the pages, after the `#`: the hub serves one document and never sees them. */
import { createRouter, createWebHashHistory } from 'vue-router';
import { PAGES } from './pages';

export const router = createRouter({
  history: createWebHashHistory(),
  routes: [
    ...PAGES.map(({ path, name, load }) => ({ path: `/${path}`, name, component: load })),
    // The address of a case before there was more than one page: `#case=<id>`.
    { path: '/case=:case', redirect: ({ params }) => ({ name: 'review', params: { case: params.case } }) },
    // Which page that is depends on who is signed in: the frame of the page knows.
    { path: '/:rest(.*)*', name: 'first', component: { render: () => null } },
  ],
});
