import { describe, expect, it } from 'vitest';
import { en } from './i18n/en';
import { zhCN } from './i18n/zh-CN';
import { PAGES, pagesFor, seesCases, type Page } from './pages';

const page = (name: string, ...roles: string[]) => ({ name, roles }) as unknown as Page;

describe('pages', () => {
  it('are offered to those whose roles open them, in their order', () => {
    const all = [page('anybody'), page('log', 'auditor'), page('fleet', 'administrator', 'auditor')];
    const names = (roles: string[]) => pagesFor(roles, all).map(({ name }) => name);
    expect(names([])).toEqual(['anybody']);
    expect(names(['reviewer'])).toEqual(['anybody']);
    expect(names(['auditor', 'viewer'])).toEqual(['anybody', 'log', 'fleet']);
    expect(names(['administrator'])).toEqual(['anybody', 'fleet']);
  });

  it('offer an administrator alone nothing of cases', () => {
    const names = (roles: string[]) => pagesFor(roles).map(({ name }) => name);
    expect(names(['administrator'])).toEqual(['people', 'fleet']);
    expect(names(['viewer'])).toEqual(['review', 'map', 'cameras', 'statistics', 'fleet']);
    expect([seesCases(['administrator']), seesCases(['administrator', 'auditor'])]).toEqual([false, true]);
  });

  it('all have a name in both languages and roles that the hub knows', () => {
    for (const { name, roles } of PAGES) {
      expect(zhCN.pages, name).toHaveProperty(name);
      expect(en.pages, name).toHaveProperty(name);
      for (const role of roles) expect(zhCN.roles).toHaveProperty(role);
    }
    expect(new Set(PAGES.map(({ path }) => path)).size).toBe(PAGES.length);
  });
});
