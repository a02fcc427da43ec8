// Who is signed in: the token, kept for this tab alone, and renewed before it expires where that is possible.

const KEY = "clauseworks";
const EARLY = 60_000;

export const root = document.documentElement.dataset.root;
const listeners = new Set();
let kept = read();
let renewing = null;

function read() {
  try {
    return JSON.parse(sessionStorage.getItem(KEY));
  } catch {
    return null;
  }
}

function claimsOf(token) {
  try {
    const bytes = Uint8Array.from(atob(token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return {};
  }
}

export function onChange(listener) {
  listeners.add(listener);
}

// ``name`` is what they signed in as, where the token has no name in it.
export function begin(token, refresh = "", name = "") {
  kept = { token, refresh, name };
  sessionStorage.setItem(KEY, JSON.stringify(kept));
  listeners.forEach((listener) => listener(""));
}

// Ends the session; ``reason`` is what the sign-in page says.
export function end(reason = "") {
  kept = null;
  sessionStorage.removeItem(KEY);
  listeners.forEach((listener) => listener(reason));
}

export function refreshToken() {
  return kept?.refresh || "";
}

// Who the token names, or null; the API alone decides what they may do.
export function caller() {
  if (!kept) return null;
  const claims = claimsOf(kept.token);
  const name = claims.email || kept.name || claims.id || claims.sub || claims.user_id || "signed in";
  const subject = claims.id || claims.sub || claims.user_id;
  return { name: String(name), key: `${claims.iss}|${subject}`, admin: claims.admin_access === true || claims.admin_access === 1 };
}

// Returns a token that holds a while longer.
export async function token() {
  if (!kept) return "";
  const expires = (claimsOf(kept.token).exp ?? Infinity) * 1000;
  if (kept.refresh && expires - Date.now() < EARLY) {
    renewing ??= renew().finally(() => (renewing = null));
    await renewing;
  }
  return kept?.token ?? "";
}

async function renew() {
  const answer = await fetch(`${root}/auth/refresh`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ refresh_token: kept.refresh }),
  }).catch(() => null);
  if (answer?.ok) {
    const fresh = await answer.json();
    begin(fresh.access_token, fresh.refresh_token, kept.name);
  } else if (answer && answer.status < 500) {
    end("Your session has ended. Sign in again.");
  }
}
