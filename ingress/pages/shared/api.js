// The HTTP side of the contract. Every failure is a Problem (RFC 9457); status 0 means that nobody answered.

export const ROOT = new URL('../../', import.meta.url); // so that the page also works below a path of another host
const PATIENCE = 15_000;

export class Problem extends Error {
  constructor(status, detail, { retryAfter = null, fields = [] } = {}) {
    super(detail);
    this.status = status;
    this.detail = detail;
    this.retryAfter = retryAfter; // seconds
    this.fields = fields; // [{field, reason}]
  }

  get unreachable() {
    return this.status === 0;
  }

  // True when the same request may succeed later.
  get temporary() {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500;
  }
}

export function socketAddress() {
  const address = new URL('connection/websocket', ROOT);
  address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
  return address.href;
}

// {token?, body?, key?, secret?}: a bearer, what is sent as JSON, an idempotency key, and without a token its secret.
export async function call(method, path, { token, body, key, secret } = {}) {
  const headers = { Accept: 'application/json' };
  if (token) headers.Authorization = `Bearer ${token}`;
  if (key) headers['Idempotency-Key'] = key;
  if (key && secret) headers['Idempotency-Secret'] = secret;
  if (body) headers['Content-Type'] = 'application/json';
  const request = { method, headers, body: body && JSON.stringify(body), cache: 'no-store', credentials: 'omit' };
  let response, told;
  try {
    response = await fetch(new URL(`api/${path}`, ROOT), { ...request, signal: AbortSignal.timeout(PATIENCE) });
    told = await response.text();
  } catch {
    throw new Problem(0, 'The server cannot be reached.');
  }
  const parsed = parse(told);
  if (response.ok) return parsed;
  const detail = parsed?.detail ?? `The server answered ${response.status}.`;
  const retryAfter = seconds(response.headers.get('Retry-After'));
  throw new Problem(response.status, detail, { retryAfter, fields: parsed?.errors ?? [] });
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null; // a proxy's page, or nothing
  }
}

// Retry-After is a number of seconds or a date (RFC 9110, 10.2.3).
export function seconds(header) {
  if (!header) return null;
  if (/^\d+$/.test(header)) return Number(header);
  const at = Date.parse(header);
  return Number.isNaN(at) ? null : Math.max(0, (at - Date.now()) / 1000);
}
