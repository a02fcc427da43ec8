// What an analysis has found: segments, benefits, limits, conditions and exclusions, each with its evidence.

import { add, el, fill, button, choice } from "./dom.js";
import { get, post, send } from "./api.js";
import { guarded } from "./notices.js";
import * as session from "./session.js";
import { amount, counted, named, percent } from "./text.js";
import { viewer } from "./viewer.js";

const KINDS = ["segments", "benefits", "limits", "conditions", "exclusions"];

// Shows the tree of a job beside the page that proves what is chosen.
export async function result(section, job, query, signal) {
  const tree = await get(`/jobs/${job.job_id}/result`, signal);
  const reviews = await reviewsOf(job, signal);
  const documentId = job.result.document_id || job.document_id;
  const pages = viewer(documentId, job.result.pages, signal);
  const search = el("input", { type: "search", "aria-label": "Search in the findings", placeholder: "Search in the findings" });
  const kind = choice([["", "all kinds"], ...KINDS.map((name) => [name, name])], "", { "aria-label": "Kind" });
  const doubt = choice([["0", "any confidence"], ["0.5", "unsure (below 50 %)"], ["0.8", "below 80 %"]], "0", { "aria-label": "Confidence" });
  const count = el("p", { class: "facts", role: "status" });
  const list = el("ul", { class: "tree" });
  const entries = [];
  fill(list, branches(tree, ""));
  if (!entries.length) fill(list, el("li", { class: "empty" }, "The document grants nothing that the taxonomy knows."));
  add(
    section,
    el("h2", null, "Findings"),
    counts(job.result),
    el("div", { class: "row filters" }, search, kind, doubt),
    count,
    el("div", { class: "split" }, list, pages.node),
    contradictions(tree.contradictions ?? []),
  );
  for (const control of [search, kind, doubt]) control.addEventListener("input", narrow);
  narrow();
  const first = entries[0];
  if (first) pages.show(first.finding.evidence[0]);

  function branches(above, path) {
    return KINDS.flatMap((name) => (above[name] ?? []).map((finding, at) => branch(finding, name, `${path}${name}/${at}`)));
  }

  function branch(finding, name, path) {
    const node = el("li");
    const mark = el("span", { class: "verdict" });
    const entry = { finding, name, node, words: said(finding, name), below: [] };
    entries.push(entry);
    const open = button(
      [
        el("span", { class: `kind ${name}` }, name.slice(0, -1)),
        el("span", { class: "name" }, named(finding.item_name), finding.scope && el("small", null, named(finding.scope))),
        el("span", { class: "amount" }, amount(finding)),
        el("span", { class: "confidence", title: "Confidence" }, percent(finding.confidence)),
      ],
      () => {
        list.querySelector("[aria-current]")?.removeAttribute("aria-current");
        open.setAttribute("aria-current", "true");
        pages.show(finding.evidence[0], finding.evidence);
      },
      { class: "finding" },
    );
    const before = entries.length;
    const inside = branches(finding, `${path}/`);
    entry.below = entries.slice(before);
    fill(node, el("div", { class: "row" }, open, judged(job, path, reviews, mark), mark), inside.length > 0 && el("ul", null, inside));
    return node;
  }

  // Shows what is asked for, with what it hangs on.
  function narrow() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const limit = Number(doubt.value);
    const wanted = (entry) =>
      words.every((word) => entry.words.includes(word)) &&
      (!kind.value || entry.name === kind.value) &&
      (!limit || entry.finding.confidence < limit);
    let shown = 0;
    for (const entry of entries) {
      const itself = wanted(entry);
      shown += itself;
      entry.node.hidden = !itself && !entry.below.some(wanted);
    }
    count.textContent = shown === entries.length ? counted(shown, "finding") : `${shown} of ${counted(entries.length, "finding")}`;
  }
}

function said(finding, name) {
  const { item_name: item, description, summary, scope, section_reference: place, evidence } = finding;
  return [name, named(item), item, description, summary, scope, place, amount(finding), ...evidence.map((one) => one.quote)].join(" ").toLowerCase();
}

function counts(result) {
  const numbers = [
    [result.num_segments, "segments"],
    [result.num_benefits, "benefits"],
    [result.num_limits, "limits"],
    [result.num_conditions, "conditions"],
    [result.num_exclusions, "exclusions"],
  ];
  return el("dl", { class: "counts" }, numbers.map(([number, name]) => el("div", null, el("dt", null, name), el("dd", null, number))));
}

function contradictions(found) {
  if (!found.length) return null;
  return el("section", null, el("h2", null, "Contradictions"), el("ul", null, found.map((one) => el("li", null, `${one.path}: ${one.message}`))));
}

async function reviewsOf(job, signal) {
  const { reviews } = await get(`/jobs/${job.job_id}/reviews`, signal);
  return new Map(reviews.map((one) => [one.path, one]));
}

// Accept and reject: a person's word on a finding. Chosen again, it is taken back.
function judged(job, path, reviews, mark) {
  const controls = {};
  for (const [verdict, text] of [["accepted", "Accept"], ["rejected", "Reject"]]) {
    controls[verdict] = button(text, () => guarded(controls[verdict], () => say(verdict)), { class: "quiet small", "aria-pressed": "false" });
  }
  const tell = (review) => {
    for (const [verdict, control] of Object.entries(controls)) control.setAttribute("aria-pressed", String(review?.verdict === verdict));
    mark.textContent = review ? `${review.verdict} by ${reviewer(review)}${MIRRORED[review.mirrored] ?? ""}` : "";
    mark.className = `verdict ${review?.verdict ?? ""}`;
  };
  const say = async (verdict) => {
    const taken = controls[verdict].getAttribute("aria-pressed") === "true";
    const address = `/jobs/${job.job_id}/findings/${path}/review`;
    if (taken) await send("DELETE", address);
    tell(taken ? null : await post(address, { verdict }));
  };
  tell(reviews.get(path));
  return el("span", { class: "judge" }, Object.values(controls));
}

function reviewer(review) {
  return review.reviewer === session.caller()?.key ? "you" : review.reviewer.split("|").at(-1);
}
const MIRRORED = { yes: ", also in Directus", failed: "; Directus could not be told: say it again", not_allowed: "; Directus needs the right to seed" };
