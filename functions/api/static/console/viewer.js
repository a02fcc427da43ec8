// A page of a document: its picture with passages marked on it, or its text where there is no picture.

import { el, fill, svg, button } from "./dom.js";
import { get, pause } from "./api.js";
import { failure } from "./notices.js";

const TRIES = 8;
const EVERY = 2500;
const AIR = 2;

// Returns { node, show(evidence, all) }; ``evidence`` has page, quote, start, end and boxes in points.
export function viewer(documentId, count, signal) {
  const title = el("h3", { class: "place", "aria-live": "polite" }, "Page");
  const sheet = el("div", { class: "sheet", tabindex: "0", role: "region", "aria-label": "The page itself" });
  const quote = el("blockquote");
  const known = new Map();
  let shown = { page: 1, proofs: [] };
  const step = (by) => show({ page: Math.min(Math.max(shown.page + by, 1), count || shown.page + by) }, shown.proofs);
  const node = el(
    "section",
    { class: "viewer", "aria-label": "Page" },
    el("header", { class: "row" }, button("‹", () => step(-1), { "aria-label": "Page before", class: "quiet" }), title, button("›", () => step(1), { "aria-label": "Page after", class: "quiet" })),
    quote,
    sheet,
  );
  return { node, show };

  async function show(evidence, all) {
    const now = (shown = { page: evidence.page, proofs: all ?? [evidence], asked: Boolean(all) });
    const proof = now.proofs.find((one) => one.page === now.page && one.quote);
    title.textContent = count ? `Page ${now.page} of ${count}` : `Page ${now.page}`;
    fill(quote, proof ? proof.quote : "");
    quote.hidden = !proof;
    try {
      for (let tries = 0; tries < TRIES; tries += 1) {
        const page = await read(now.page);
        if (shown !== now) return;
        draw(page, now.proofs.filter((one) => one.page === now.page));
        // Pictures follow the analysis after a moment; texts have none at all.
        if (page.image || page.width === null) return;
        known.delete(now.page);
        await pause(EVERY, signal);
        if (shown !== now) return;
      }
    } catch (error) {
      if (error.name !== "AbortError" && shown === now) fill(sheet, failure(error));
    }
  }

  async function read(number) {
    if (!known.has(number)) known.set(number, await get(`/documents/${documentId}/pages/${number}`, signal));
    return known.get(number);
  }

  function draw(page, proofs) {
    if (!page.image) return written(page, proofs);
    const picture = el("img", { src: page.image.url, alt: `Page ${page.number}`, width: page.image.width, height: page.image.height });
    // The link is good for a few minutes only, and whoever comes back later needs a new one.
    picture.addEventListener("error", () => (known.delete(page.number), written(page, proofs)), { once: true });
    const boxes = proofs.flatMap((proof) => proof.boxes ?? boxesOf(page, proof));
    const marks = boxes.map(([x0, y0, x1, y1]) => svg("rect", { x: x0 - AIR, y: y0 - AIR, width: x1 - x0 + 2 * AIR, height: y1 - y0 + 2 * AIR, rx: 2 }));
    const overlay = svg("svg", { viewBox: `0 0 ${page.width} ${page.height}`, class: "marks", "aria-hidden": "true" }, marks);
    fill(sheet, el("div", { class: "picture" }, picture, overlay));
    reveal(overlay.querySelector("rect"));
  }

  function written(page, proofs) {
    fill(sheet, text(page, proofs));
    reveal(sheet.querySelector("mark"));
  }

  // Brings a passage to the upper part of the sheet. What is around the sheet moves only once somebody asked for
  // a passage: nothing jumps while a result is opened.
  function reveal(mark) {
    if (!mark) return;
    const [its, ours] = [mark.getBoundingClientRect(), sheet.getBoundingClientRect()];
    sheet.scrollTop += its.top - ours.top - Math.max(0, sheet.clientHeight - its.height) / 4;
    if (shown.asked) mark.scrollIntoView({ block: "nearest" });
  }
}

// The boxes of the words that a passage is made of, where it comes without boxes of its own.
function boxesOf(page, { start, end }) {
  return page.words.filter((word) => word.start < end && word.end > start).map((word) => word.box);
}

function text(page, proofs) {
  const spans = proofs.filter((one) => one.end > one.start).sort((a, b) => a.start - b.start);
  const parts = [];
  let at = 0;
  // Offsets count characters as Python does: code points.
  const characters = [...page.text];
  const between = (from, to) => characters.slice(from, to).join("");
  for (const { start, end } of spans) {
    if (start < at) continue;
    parts.push(between(at, start), el("mark", null, between(start, end)));
    at = end;
  }
  parts.push(between(at));
  return el("pre", null, parts);
}
