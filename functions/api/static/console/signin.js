// Signing in: with an access token, or through Directus where the deployment knows one.

import { el, field, fill } from "./dom.js";
import { root } from "./api.js";
import { failure } from "./notices.js";
import * as session from "./session.js";

export default async function signin(section, { reason }) {
  const box = el("input", { type: "password", required: true, autocomplete: "off", spellcheck: "false" });
  const said = el("div");
  if (reason) fill(said, el("p", { class: "notice", role: "status" }, reason));
  const form = el(
    "form",
    { class: "card narrow", "data-view": "signin" },
    el("h1", null, "Sign in"),
    field("Access token", box, "Of Directus, or signed with the same secret. It stays in this tab."),
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
  box.focus();
}
