// One's jobs, newest first; the list follows what happens while somebody looks at it.

import { el, fill, choice, button, table } from "./dom.js";
import { get, pause } from "./api.js";
import { failure } from "./notices.js";
import { counted, STATES, subject, TERMINAL, when } from "./text.js";

const EVERY = 3000;

export default async function jobs(section, { query, signal }) {
  const status = choice([["", "all states"], ...STATES.map((name) => [name, name])], query.get("status") ?? "", {
    "aria-label": "State",
    onchange: () => (location.hash = status.value ? `#/?status=${status.value}` : "#/"),
  });
  const list = el("div", { class: "list" });
  const more = el("p");
  section.append(
    el("header", { class: "row" }, el("h1", null, "Jobs"), status, el("a", { class: "main", href: "#/new" }, "Analyse a document")),
    list,
    more,
  );
  const pages = [""];
  watch().catch(() => {});

  async function watch() {
    for (;;) {
      try {
        const shown = await load();
        if (!shown.some((job) => !TERMINAL.has(job.status))) await pause(EVERY * 3, signal);
      } catch (error) {
        if (error.name === "AbortError") return;
        fill(list, failure(error));
      }
      await pause(EVERY, signal);
    }
  }

  async function load() {
    const shown = [];
    let next = null;
    for (const cursor of pages) {
      const asked = new URLSearchParams({ kind: "analysis", limit: "25" });
      if (status.value) asked.set("status", status.value);
      if (cursor) asked.set("cursor", cursor);
      const answer = await get(`/jobs?${asked}`, signal);
      shown.push(...answer.jobs);
      next = answer.next_cursor;
    }
    fill(list, listed(shown));
    fill(more, next && button("Show more", () => (pages.push(next), load()), { class: "quiet" }));
    return shown;
  }
}

function listed(shown) {
  return table(
    "Jobs",
    ["Document", "State", "Progress", "Found", "Since"],
    shown.map((job) => [
      el("a", { href: `#/jobs/${job.job_id}` }, subject(job)),
      state(job.status),
      TERMINAL.has(job.status) ? "" : bar(job),
      job.result ? ["segment", "benefit", "limit"].map((thing) => counted(job.result[`num_${thing}s`], thing)).join(", ") : "",
      when(job.created_at),
    ]),
    "No jobs yet. Analyse a document to see what it grants.",
  );
}

export function state(status) {
  return el("span", { class: `state ${status}` }, status);
}

export function bar(job) {
  const label = `${job.current_stage || "waiting"}, ${job.percent_complete} %`;
  return el("span", null, el("progress", { max: 100, value: job.percent_complete, "aria-label": label }), ` ${label}`);
}
