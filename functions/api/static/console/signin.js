// Signing in: with an access token, or through Directus where the deployment knows one.

import { el, field, fill } from "./dom.js";
import { root } from "./api.js";
import { failure } from "./notices.js";
import * as session from "./session.js";

const LOCAL = "The local stack prints one as it starts; python -m infra.local token makes another. It stays in this tab.";

export default async function signin(section, { reason }) {
  const box = el("input", { type: "password", required: true, autocomplete: "off", spellcheck: "false" });
  const directus = "login" in document.documentElement.dataset;
  const said = el("div");
  if (reason) fill(said, el("p", { class: "notice", role: "status" }, reason));
  const form = el(
    "form",
    { class: "card narrow", "data-view": "signin" },
    el(directus ? "h2" : "h1", null, directus ? "Or with a token" : "Sign in"),
    field("Access token", box, document.documentElement.dataset.stage === "local" ? LOCAL : "Of Directus, or signed with the same secret. It stays in this tab."),
    el("button", { class: "main" }, "Sign in"),
    said,
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const token = box.value.trim();
    const answer = await fetch(`${root}/jobs?limit=1`, { headers: { Authorization: `Bearer ${token}` } }).catch(() => null);
    if (answer?.ok) session.begin(token);
    else {
      const problem = answer ? await answer.json().catch(() => ({})) : {};
      fill(said, failure({ title: "Not signed in", detail: problem.detail || "The server cannot be reached. Try again." }));
      box.select();
    }
  });
  section.append(form);
  if (directus) form.before(throughDirectus());
  section.querySelector("input").focus();
}

// Directus' own sign-in, forwarded by the API; its tokens last minutes, and are renewed while the tab is open.
function throughDirectus() {
  const email = el("input", { type: "email", required: true, autocomplete: "username" });
  const password = el("input", { type: "password", required: true, autocomplete: "current-password" });
  const otp = el("input", { type: "text", inputmode: "numeric", autocomplete: "one-time-code" });
  const said = el("div");
  const form = el(
    "form",
    { class: "card narrow", "data-view": "signin" },
    el("h1", null, "Sign in"),
    field("E-mail", email),
    field("Password", password),
    field("Second factor, if you have one", otp),
    el("button", { class: "main" }, "Sign in with Directus"),
    said,
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const body = { email: email.value, password: password.value, ...(otp.value && { otp: otp.value }) };
    const sent = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
    const answer = await fetch(`${root}/auth/login`, sent).catch(() => null);
    const tokens = await answer?.json().catch(() => null);
    if (answer?.ok) session.begin(tokens.access_token, tokens.refresh_token, email.value);
    else fill(said, failure({ title: "Not signed in", detail: tokens?.detail || "The server cannot be reached. Try again." }));
  });
  return form;
}
