// One page of a document by its address: where a hit of the search leads.

import { el } from "./dom.js";
import { get } from "./api.js";
import { viewer } from "./viewer.js";

export default async function page(section, { place: [documentId, number], query, signal }) {
  const about = await get(`/documents/${documentId}`, signal);
  const shown = viewer(documentId, about.understood?.pages, signal);
  const [start, end] = (query.get("at") ?? "0-0").split("-").map(Number);
  section.append(el("h1", null, about.file_name), shown.node);
  await shown.show({ page: Number(number) || 1, start, end, quote: query.get("quote") ?? "" });
}
