// For administrators: all jobs, who works on what, queues, dead letters, and how it went over time.

import { el, fill, choice, button, table } from "./dom.js";
import { get, pause, post } from "./api.js";
import { failure, guarded } from "./notices.js";
import { duration, STATES, subject, when } from "./text.js";
import { bar, state } from "./jobs.js";
import { charts } from "./charts.js";

const EVERY = 5000;
const OF_JOBS = { analysis: true, cleanup: true };
const KINDS = ["analysis", "output", "cleanup"];

export default async function operators(section, { query, signal }) {
  const parts = Object.fromEntries(["queues", "letters", "workers", "charts", "tasks"].map((name) => [name, el("div", null, "Loading …")]));
  const pick = (name, options, text) =>
    choice([["", text], ...options.map((value) => [value, value])], query.get(name) ?? "", { "aria-label": text, onchange: () => (location.hash = `#/operators?${new URLSearchParams(filter())}`) });
  const status = pick("status", STATES, "all states");
  const kind = pick("kind", KINDS, "all kinds");
  const filter = () => Object.fromEntries([["status", status.value], ["kind", kind.value]].filter(([, value]) => value));
  section.append(
    el("h1", null, "Operators"),
    el("h2", null, "Queues"),
    parts.queues,
    el("h2", null, "Dead letters"),
    parts.letters,
    el("h2", null, "Workers"),
    parts.workers,
    el("h2", null, "Over time"),
    parts.charts,
    el("header", { class: "row" }, el("h2", null, "Tasks"), status, kind),
    parts.tasks,
  );
  const said = (error) => error.name !== "AbortError" && !signal.aborted && section.append(failure(error));
  refresh().then(keep).catch(said);
  charts(parts.charts, signal).catch(said);

  async function keep() {
    for (;;) {
      await pause(EVERY, signal);
      await refresh();
    }
  }

  async function refresh() {
    const asked = new URLSearchParams({ limit: "25", ...filter() });
    // Each as soon as it is there: a look at dead letters takes seconds.
    const shown = (path, draw) => get(path, signal).then(draw);
    await Promise.all([
      shown("/admin/queues", ({ queues }) => (fill(parts.queues, queueTable(queues)), letters(queues))),
      shown("/admin/workers", (answer) => fill(parts.workers, workerTable(answer.workers))),
      shown(`/admin/tasks?${asked}`, (answer) => fill(parts.tasks, taskTable(answer.tasks))),
    ]);
  }

  async function letters(queues) {
    // A press of a button is not taken away by a fresh list.
    if (parts.letters.contains(document.activeElement)) return;
    const asked = queues.filter((queue) => queue.kind in OF_JOBS && queue.dead_letters !== 0);
    const answers = await Promise.all(asked.map((queue) => get(`/admin/dead-letters?kind=${queue.kind}`, signal)));
    fill(parts.letters, letterTable(answers, refresh));
  }
}

function queueTable(queues) {
  return table(
    "Queues",
    ["Queue", "Waiting", "In flight", "Delayed", "Oldest", "Dead letters"],
    queues.map((one) => [one.kind, one.depth, one.in_flight, one.delayed, one.oldest_age === null ? "–" : duration(one.oldest_age), one.dead_letters ?? "–"]),
  );
}

function workerTable(workers) {
  return table(
    "Workers",
    ["Worker", "Job", "Stage", "Progress", "Owner", "Lease"],
    workers.map((one) => [
      one.worker_id,
      el("a", { href: `#/tasks/${one.job_id}` }, one.kind),
      one.stage,
      `${one.percent_complete} %`,
      one.owner,
      one.overdue ? "overdue" : duration(one.lease_left),
    ]),
    "Nobody works just now.",
  );
}

function letterTable(answers, refresh) {
  const letters = answers.flatMap((answer) => answer.dead_letters);
  const complete = answers.every((answer) => answer.complete);
  const act = (letter, text, path, sure) => {
    const control = button(text, () => sure() && guarded(control, async () => {
      await post(`/admin/dead-letters/${path}`, { kind: letter.kind, message_ids: [letter.message_id] });
      control.blur();
      await refresh();
    }), { class: "small" });
    return el("span", null, control);
  };
  // Nothing can be done with a letter that names no job, but to look at it and throw it away.
  const handled = (letter) =>
    letter.job_id
      ? act(letter, "Redrive", "redrive", () => true)
      : act(letter, "Throw away", "purge", () => confirm("Throw this letter away? It is gone for good."));
  return el(
    "div",
    null,
    table(
      "Dead letters",
      ["Kind", "Job", "State", "Received", "First sent", ""],
      letters.map((one) => [
        one.kind,
        one.job_id ? el("a", { href: `#/tasks/${one.job_id}` }, one.job_id) : "unreadable",
        one.job_status ?? "–",
        `${one.receive_count} times`,
        when(one.first_sent_at),
        handled(one),
      ]),
      "No dead letters.",
    ),
    !complete && el("p", { class: "facts" }, "There are more than are shown."),
  );
}

function taskTable(tasks) {
  return table(
    "Tasks",
    ["Task", "Kind", "State", "Progress", "Owner", "Since"],
    tasks.map((one) => [
      el("a", { href: `#/tasks/${one.job_id}` }, subject(one)),
      one.kind,
      state(one.status),
      one.status === "running" ? bar(one) : `${one.percent_complete} %`,
      one.owner,
      when(one.created_at),
    ]),
  );
}
