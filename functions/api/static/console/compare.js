// Two or more analysed documents beside each other, benefit by benefit and limit by limit.

import { el, fill, table } from "./dom.js";
import { get, post } from "./api.js";
import { failure } from "./notices.js";
import { amount, named, subject, when } from "./text.js";

const MOST = 10;

export default async function compare(section, { query, signal }) {
  const chosen = new Set((query.get("jobs") ?? "").split(",").filter(Boolean));
  const { jobs } = await get("/jobs?kind=analysis&status=completed&limit=50", signal);
  const shown = el("div", { "aria-live": "polite" });
  const boxes = jobs.map((job) => {
    const box = el("input", { type: "checkbox", value: job.job_id, checked: chosen.has(job.job_id) });
    return el("label", { class: "check" }, box, `${subject(job)} (${when(job.completed_at)})`);
  });
  const form = el(
    "form",
    { class: "card" },
    el("fieldset", { class: "choices" }, el("legend", null, `Two to ${MOST} analyses`), boxes.length ? boxes : "No analysis has been completed yet."),
    el("button", { class: "main" }, "Compare"),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const picked = [...form.querySelectorAll(":checked")].map((box) => box.value);
    const next = `#/compare?jobs=${picked.join(",")}`;
    if (location.hash === next) show(picked);
    else location.hash = next;
  });
  section.append(el("h1", null, "Compare"), form, shown);
  if (chosen.size > 1) await show([...chosen]);

  async function show(picked) {
    fill(shown, "Comparing …");
    try {
      const { products, comparison } = await post("/compare", { job_ids: picked });
      if (signal.aborted) return;
      const heads = ["", ...products.map(subject)];
      const rows = [...comparison.segments.flatMap((row) => below(row, 0)), ...details(comparison, 0)];
      fill(shown, table("Comparison", heads, rows, "Neither grants anything."));
    } catch (error) {
      fill(shown, failure(error));
    }
  }
}

function below(row, depth) {
  const own = [label(row.item_name, depth, depth ? "benefit" : "segment"), ...row.cells.map(cell)];
  return [own, ...(row.benefits ?? []).flatMap((one) => below(one, depth + 1)), ...details(row, depth + 1)];
}

function details(above, depth) {
  return [
    ...above.limits.map((row) => [
      label([named(row.item_name), row.scope && named(row.scope)].filter(Boolean).join(", "), depth, "limit"),
      ...row.cells.map((cells, at) => el("span", { class: row.comparable && row.highest.includes(at) ? "highest" : null }, cells.length ? cells.map(amount).join("; ") : "–")),
    ]),
    ...above.conditions.map((row) => [label(row.item_name, depth, "condition"), ...row.cells.map(cell)]),
    ...above.exclusions.map((row) => [label(row.item_name, depth, "exclusion"), ...row.cells.map(cell)]),
  ];
}

function label(name, depth, kind) {
  return el("span", { class: `depth${Math.min(depth, 3)}` }, el("span", { class: `kind ${kind}s` }, kind), ` ${named(name)}`);
}

function cell(one) {
  if (!one) return "–";
  const pages = [...new Set(one.evidence.map((proof) => proof.page))].join(", ");
  return `${amount(one) || "yes"} (page ${pages})`;
}
