// One job as operators see it: who has it, what happened, and its log lines; trying again, and taking it away.

import { add, el, fill, button, table } from "./dom.js";
import { get, post } from "./api.js";
import { failure, guarded, notice } from "./notices.js";
import { subject, when } from "./text.js";
import { bar, state } from "./jobs.js";

export default async function task(section, { place: [jobId], signal }) {
  const [about, history, logs] = await Promise.all([
    get(`/admin/tasks/${jobId}`, signal),
    get(`/admin/tasks/${jobId}/history`, signal),
    get(`/admin/tasks/${jobId}/logs`, signal),
  ]);
  const facts = [
    ["Job", about.job_id],
    ["Kind", about.kind],
    ["Owner", about.owner],
    ["Worker", about.worker_id ?? "–"],
    ["Lease until", when(about.lease_until)],
    ["Fence", about.fence],
    ["Attempt", `${about.attempt} of ${about.max_attempts}`],
    ["Units done", about.units_done],
    ["Submitted", when(about.created_at)],
    ["Ended", when(about.completed_at)],
  ];
  const said = el("div", { "aria-live": "polite" });
  const act = (text, path, done) => {
    const control = button(text, () => guarded(control, async () => fill(said, done(await post(`/admin/tasks/${jobId}/${path}`)))));
    return el("span", null, control);
  };
  add(
    section,
    el("h1", null, subject(about)),
    el("div", { class: "row" }, state(about.status), bar(about)),
    about.error && failure(about.error),
    el("dl", { class: "facts" }, facts.map(([name, value]) => el("div", null, el("dt", null, name), el("dd", null, value)))),
    el(
      "div",
      { class: "row" },
      act("Try again as a new job", "retry", (made) => el("p", { class: "notice" }, "A new job: ", el("a", { href: `#/tasks/${made.job_id}` }, made.job_id))),
      act("Take it from its worker", "unlock", (answer) => notice(answer.message)),
    ),
    said,
    el("h2", null, "History"),
    table("History", ["When", "What", "By", "Stage", "Message"], history.entries.map((one) => [when(one.at), one.type, one.actor ?? "–", one.stage || "–", one.message ?? one.outcome ?? ""])),
    el("h2", null, "Log"),
    table("Log lines", ["When", "Function", "Level", "Message"], logs.lines.map((one) => [when(one.at), one.function, one.level, one.message]), "No line in the log."),
  );
}
