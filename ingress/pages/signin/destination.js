// Where to go after signing in: `?next=/chat`, a path of this site and nothing else.

import { ROOT } from '../shared/api.js';

// The address, or null. What stands behind the first slash is taken as relative, so no host can be named in it.
export function destination(search = location.search) {
  const path = new URLSearchParams(search).get('next') ?? '';
  if (!/^\/[\w-]/.test(path)) return null;
  const address = new URL(`./${path.slice(1)}`, ROOT);
  return address.origin === location.origin ? address.href : null;
}
