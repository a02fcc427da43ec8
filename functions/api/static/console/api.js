// Calls of the API, at the address that the page came by.

import * as session from "./session.js";

export const { root } = session;
const RETRIES = 3;

// What the API says went wrong: title, detail, type and status of its problem document.
export class Problem extends Error {
  constructor(document, status) {
    super(document.detail || document.title || `The server answered ${status}.`);
    this.title = document.title || "Error";
    this.type = document.type || "";
    this.status = status;
    this.errors = document.errors || [];
  }
}

export class Unreachable extends Problem {
  constructor() {
    super({ title: "No connection", detail: "The server cannot be reached. It is tried again." }, 0);
  }
}

// Sends one request; throws Problem. 401 ends the session: whoever waits for the answer is asked to sign in.
export async function send(method, path, { json, body, headers, signal } = {}) {
  const token = await session.token();
  const sent = { Authorization: `Bearer ${token}`, ...headers };
  if (json !== undefined) sent["Content-Type"] = "application/json";
  let answer;
  try {
    answer = await fetch(`${root}${path}`, {
      method,
      headers: sent,
      body: json === undefined ? body : JSON.stringify(json),
      signal,
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Unreachable();
  }
  if (answer.ok) return answer;
  const problem = new Problem(await answer.json().catch(() => ({})), answer.status);
  problem.retryAfter = Number(answer.headers.get("Retry-After")) || 1;
  if (answer.status === 401) session.end(problem.message);
  throw problem;
}

// Sends a request that may be repeated: where the API is busy or out of reach it is tried again.
export async function get(path, signal) {
  for (let tries = 1; ; tries += 1) {
    try {
      return await (await send("GET", path, { signal })).json();
    } catch (error) {
      const passing = error instanceof Problem && (error.status === 0 || error.status === 429 || error.status >= 500);
      if (!passing || tries > RETRIES) throw error;
      await pause((error.retryAfter || tries) * 1000, signal);
    }
  }
}

export async function post(path, json, headers) {
  const answer = await send("POST", path, { json, headers });
  return answer.status === 204 ? null : answer.json();
}

export function pause(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const gone = () => reject(new DOMException("left", "AbortError"));
    if (signal?.aborted) return gone();
    const timer = setTimeout(resolve, milliseconds);
    signal?.addEventListener("abort", () => (clearTimeout(timer), gone()), { once: true });
  });
}

// Saves a file of a job; its link is signed and short-lived, and the token stays here.
export async function save(path, name) {
  const data = await (await send("GET", path)).blob();
  const link = document.createElement("a");
  link.href = URL.createObjectURL(data);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
