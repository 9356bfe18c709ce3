/** The calls of docs/http.md about accounts, and about one's own password. */
import { call } from './client';
import type { UserIn, UserPatch, UserView } from './schema';
import type { Session } from './types';

export type User = UserView;

export const listUsers = async () => (await call<{ items: User[] }>('GET', '/users')).body.items;

export const addUser = async (user: UserIn) => (await call<User>('POST', '/users', user)).body;

/** What is left out stays. */
export const changeUser = async (name: string, change: UserPatch) =>
  (await call<User>('PATCH', `/users/${encodeURIComponent(name)}`, change)).body;

/** The answer is a new session; all others of the account end. */
export const changePassword = async (old: string, now: string) =>
  (await call<Session>('POST', '/session/password', { old, new: now })).body;
