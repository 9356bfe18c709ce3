/**
 * One way to speak to the hub: JSON in, JSON out, problem+json as `ApiError`.
 * Same origin only. The cookie is the browser's; `X-CSRF-Token`, which only a page of the hub's own can have read, goes with every
 * changing call.
 */
export class ApiError extends Error {
  constructor(
    /** HTTP status; 0 where no answer came. */
    readonly status: number,
    readonly title: string,
    readonly detail: string,
    /** The problem's own name, such as `four-eyes`; empty where the hub gave none. */
    readonly kind = '',
  ) {
    super(detail || title);
    this.name = 'ApiError';
  }
}

export interface Answer<T> {
  status: number;
  body: T;
}

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

let onSignedOut: () => void = () => {};
let csrfToken = '';

/** Of the session, as the hub gave it. */
export function useCsrfToken(token: string): void {
  csrfToken = token;
}

/** Called whenever the hub says that nobody is signed in. */
export function whenSignedOut(handler: () => void): void {
  onSignedOut = handler;
}

export async function call<T>(
  method: Method,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer<T>> {
  const init: RequestInit = {
    method,
    credentials: 'same-origin',
    cache: 'no-store',
    headers: { Accept: 'application/json', 'X-CSRF-Token': csrfToken, ...headers },
  };
  if (body !== undefined) {
    init.body = JSON.stringify(body);
    (init.headers as Record<string, string>)['Content-Type'] = 'application/json';
  }
  let response: Response;
  try {
    response = await fetch(`/api/v1${path}`, init);
  } catch (cause) {
    throw new ApiError(0, 'no answer', cause instanceof Error ? cause.message : '');
  }
  if (!response.ok) {
    const error = await problem(response);
    // A wrong password is an answer to a form, not the end of the session.
    const wrong = path === '/session' || error.kind === 'wrong-password';
    if (response.status === 401 && !wrong) onSignedOut();
    throw error;
  }
  const text = await response.text();
  try {
    return { status: response.status, body: (text ? JSON.parse(text) : undefined) as T };
  } catch {
    throw new ApiError(response.status, 'unreadable answer', text.slice(0, 200));
  }
}

async function problem(response: Response): Promise<ApiError> {
  const text = await response.text().catch(() => '');
  try {
    const fields = JSON.parse(text) as { type?: unknown; title?: unknown; detail?: unknown };
    const word = (value: unknown) => (typeof value === 'string' ? value : '');
    const kind = word(fields.type).replace('urn:gridwarden:problem:', '');
    return new ApiError(response.status, word(fields.title), word(fields.detail), kind);
  } catch {
    return new ApiError(response.status, response.statusText, '');
  }
}
