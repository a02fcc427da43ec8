// One job: what happens to it, and what it has found once it is done.

import { el, fill, button } from "./dom.js";
import { get, pause, post, save } from "./api.js";
import { follow } from "./events.js";
import { failure, guarded } from "./notices.js";
import { counted, duration, secondsLeft, size, subject, TERMINAL, when } from "./text.js";
import { bar, state } from "./jobs.js";
import { result } from "./result.js";

export default async function job(section, { place: [jobId], query, signal }) {
  let shown = await get(`/jobs/${jobId}`, signal);
  const live = el("div", { class: "card live" });
  const below = el("div");
  section.append(el("h1", null, subject(shown)), live, below);
  draw();
  const waiting = !TERMINAL.has(shown.status);
  if (waiting) watch().catch((error) => error.name !== "AbortError" && live.append(failure(error)));
  else await ended();

  async function watch() {
    let asked = null;
    const refresh = () => (asked ??= get(`/jobs/${jobId}`, signal).then((fresh) => ((asked = null), (shown = fresh), draw()), () => (asked = null)));
    await follow(
      `/jobs/${jobId}/events`,
      (event) => {
        const { status, stage, progress, message, current, total } = event;
        const changed = status !== shown.status;
        Object.assign(shown, { status, message, current, total, current_stage: stage, percent_complete: progress });
        draw();
        // What may be done with it, and when it began, the events do not tell.
        if (changed) refresh();
      },
      (lost) => live.classList.toggle("lost", lost),
      signal,
    );
    // A paused job has no more events for now: it is looked at until somebody resumes it.
    shown = await get(`/jobs/${jobId}`, signal);
    draw();
    if (!TERMINAL.has(shown.status)) {
      await pause(2000, signal);
      return watch();
    }
    return ended();
  }

  function draw() {
    const done = TERMINAL.has(shown.status);
    const left = secondsLeft(shown);
    const steer = (name, text) => {
      const control = button(text, () => guarded(control, async () => Object.assign(shown, await post(`/jobs/${jobId}/${name}`, undefined)) && draw()));
      return control;
    };
    fill(
      live,
      el("div", { class: "row" }, state(shown.status), !done && bar(shown), el("span", { class: "offline" }, "Connection lost; trying again …")),
      el("p", { role: "status" }, shown.cancel_requested && !done ? "Cancelling …" : shown.pause_requested && shown.status === "running" ? "Pausing …" : done && !shown.error ? "" : shown.message),
      el(
        "p",
        { class: "facts" },
        `Submitted ${when(shown.created_at)}`,
        shown.details.total_pages ? ` · ${counted(shown.details.total_pages, "page")}` : "",
        Number.isFinite(left) ? ` · about ${duration(left)} left` : "",
        shown.attempt > 1 ? ` · attempt ${shown.attempt} of ${shown.max_attempts}` : "",
        done && shown.started_at ? ` · took ${duration((Date.parse(shown.completed_at) - Date.parse(shown.started_at)) / 1000)}` : "",
      ),
      shown.error && failure(shown.error),
      shown.result?.warnings?.length > 0 && el("ul", { class: "warnings" }, shown.result.warnings.map((text) => el("li", null, text))),
      el(
        "div",
        { class: "row" },
        shown.can_pause && steer("pause", "Pause"),
        shown.can_resume && steer("resume", "Resume"),
        shown.can_cancel && steer("cancel", "Cancel"),
      ),
    );
  }

  async function ended() {
    if (shown.status !== "completed") return;
    const files = el("details", null, el("summary", null, "Files"));
    files.addEventListener("toggle", () => files.open && list(files), { once: true });
    const summary = shown.details.summary;
    fill(
      below,
      el(
        "div",
        { class: "row" },
        saving(shown.params.report ? "Download report" : "Download result", `/jobs/${jobId}/download`, downloadName(shown)),
        el("a", { class: "quiet", href: `#/compare?jobs=${jobId}` }, "Compare with another"),
        files,
      ),
      summary && el("section", null, el("h2", null, "Summary"), el("p", null, summary)),
    );
    if (shown.kind === "analysis") await result(below, shown, query, signal);
  }

  async function list(files) {
    const { artifacts } = await get(`/jobs/${jobId}/artifacts`, signal);
    files.append(
      el("ul", null, artifacts.map((one) => el("li", null, saving(one.name, `/jobs/${jobId}/artifacts/${one.name}`, one.name), ` ${size(one.size)}`))),
    );
  }
}

function saving(text, path, name) {
  const control = button(text, () => guarded(control, () => save(path, name)), { class: "quiet" });
  return control;
}

function downloadName(job) {
  const stem = subject(job).replace(/\.[^.]+$/, "");
  return `${stem}.${job.params.report ? "pdf" : "json"}`;
}
