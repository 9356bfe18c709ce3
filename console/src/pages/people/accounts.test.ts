import { describe, expect, it } from 'vitest';
import { areaOf, isName, newPassword, PASSWORD_MIN } from './accounts';

describe('accounts', () => {
  it('take codes however they are set apart, and name those that are none', () => {
    expect(areaOf(' n50g473265 N50G473265，N50G47\nN50')).toEqual({ codes: ['N50G473265', 'N50G47', 'N50'], bad: ['N50G473265', 'N50'] });
    expect(areaOf('N50G47 N50G473').bad).toEqual([]);
    expect(areaOf('  ')).toEqual({ codes: [], bad: [] });
  });

  it('have names without spaces and slashes', () => {
    for (const good of ['wang', '王强', 'li.4', 'a@b', 'x'.repeat(64)]) expect(isName(good), good).toBe(true);
    for (const bad of ['', 'wang qiang', 'a/b', 'edge:1', 'x'.repeat(65)]) expect(isName(bad), bad).toBe(false);
  });

  it('get passwords that are long enough, each another, without look-alikes', () => {
    const made = Array.from({ length: 50 }, () => newPassword());
    expect(new Set(made).size).toBe(50);
    for (const password of made) {
      expect(password).toMatch(/^([a-km-np-z2-9]{4}-){3}[a-km-np-z2-9]{4}$/);
      expect(password.length).toBeGreaterThanOrEqual(PASSWORD_MIN);
    }
    expect(newPassword((bytes) => bytes.fill(255))).toBe('9999-9999-9999-9999');
  });
});
