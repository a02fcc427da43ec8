// Search over one's documents, by meaning and by words.

import { el, field, fill, button } from "./dom.js";
import { post } from "./api.js";
import { failure } from "./notices.js";
import { counted } from "./text.js";

export default async function search(section, { query, signal }) {
  const words = el("input", { type: "search", required: true, maxlength: 500, value: query.get("q") ?? "" });
  const caseId = el("input", { type: "text", value: query.get("case") ?? "" });
  const found = el("div", { "aria-live": "polite" });
  const form = el(
    "form",
    { class: "card", role: "search" },
    el("div", { class: "columns" }, field("What do you look for?", words, "In German, French or English; a question will do."), field("Only in case", caseId)),
    el("button", { class: "main" }, "Search"),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const next = `#/search?${new URLSearchParams({ q: words.value, ...(caseId.value && { case: caseId.value }) })}`;
    if (location.hash === next) look(0);
    else location.hash = next;
  });
  section.append(el("h1", null, "Search"), form, found);
  if (words.value) await look(0);
  else words.focus();

  async function look(offset) {
    fill(found, "Searching …");
    try {
      const answer = await post("/search", { query: words.value, offset, ...(caseId.value && { case_id: caseId.value }) });
      if (signal.aborted) return;
      fill(
        found,
        el("p", { class: "facts" }, `${counted(answer.found, "passage")} in ${counted(answer.documents, "document")}`),
        answer.skipped_documents > 0 && el("p", { class: "notice" }, `${answer.skipped_documents} documents were too many to search; name a case.`),
        el("ol", { class: "hits" }, answer.hits.map(hit)),
        answer.next_offset !== null && button("More", () => look(answer.next_offset), { class: "quiet" }),
      );
    } catch (error) {
      fill(found, failure(error));
    }
  }
}

function hit(one) {
  const [, start, end] = one.spans.find(([page]) => page === one.page) ?? [0, 0, 0];
  const place = new URLSearchParams({ at: `${start}-${end}`, quote: one.text.slice(0, 600) });
  return el(
    "li",
    null,
    el("a", { href: `#/page/${one.document_id}/${one.page}?${place}` }, `${one.file_name || "Document"}, page ${one.page}`),
    el("p", { class: "facts" }, one.headings.join(" › ")),
    el("p", null, one.text),
  );
}
