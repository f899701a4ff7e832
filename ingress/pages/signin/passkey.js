// Passkeys (WebAuthn): what the API says in JSON is told to the browser, and what the browser says is told to the API.

import { Problem } from '../shared/api.js';

const REASONS = {
  NotAllowedError: 'No passkey was used. You can try again.',
  InvalidStateError: 'This device already has a passkey of this account.',
  SecurityError: 'Passkeys do not work at this address.',
  NotSupportedError: 'This device cannot make a passkey of the kind that is needed.',
};

const NUMBERS = /^[\d.]+$|^\[/; // of an IP address, which passkeys cannot belong to

export const available = () =>
  Boolean(window.PublicKeyCredential && navigator.credentials) && !NUMBERS.test(location.hostname);

export const fillsIn = async () => Boolean(await window.PublicKeyCredential?.isConditionalMediationAvailable?.());

// A new credential in JSON. Throws a Problem.
export async function create(options) {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON?.(options) ?? creation(options);
  return json(await asked(() => navigator.credentials.create({ publicKey })));
}

// A proof of one that is there, in JSON. more: {mediation?, signal?}. Throws a Problem; AbortError when it was stopped.
export async function get(options, more = {}) {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON?.(options) ?? request(options);
  return json(await asked(() => navigator.credentials.get({ publicKey, ...more })));
}

async function asked(ask) {
  try {
    return await ask();
  } catch (error) {
    if (error.name === 'AbortError' || error.name === 'TypeError') throw error;
    throw new Problem(400, REASONS[error.name] ?? 'The passkey could not be used.');
  }
}

// For browsers that cannot do it themselves (before 2025).

const bytes = (text) =>
  Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (one) => one.charCodeAt(0));

const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');

const named = (list = []) => list.map((one) => ({ ...one, id: bytes(one.id) }));

export const creation = (options) => ({
  ...options,
  challenge: bytes(options.challenge),
  user: { ...options.user, id: bytes(options.user.id) },
  excludeCredentials: named(options.excludeCredentials),
});

export const request = (options) => ({
  ...options,
  challenge: bytes(options.challenge),
  allowCredentials: named(options.allowCredentials),
});

function json(credential) {
  try {
    return credential.toJSON();
  } catch {
    return written(credential); // also where a password manager has put an object of its own in its place
  }
}

export function written(credential) {
  const { id, rawId, type, authenticatorAttachment, response } = credential;
  const parts = ['clientDataJSON', 'attestationObject', 'authenticatorData', 'signature', 'userHandle'];
  const said = parts.filter((name) => response[name]).map((name) => [name, text(response[name])]);
  const transports = response.getTransports?.();
  return {
    id,
    rawId: text(rawId),
    type,
    authenticatorAttachment,
    response: { ...Object.fromEntries(said), ...(transports && { transports }) },
    clientExtensionResults: credential.getClientExtensionResults?.() ?? {},
  };
}
