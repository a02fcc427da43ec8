// Choosing a product of Directus: those that the token shows, narrowed by words of their names.

import { add, el, fill, button, field } from "./dom.js";
import { get, Problem } from "./api.js";
import { failure } from "./notices.js";
import { counted } from "./text.js";

const WAIT = 250;
const PAGE = "20";

// Returns the part of a form that chooses a product; ``picked`` is told the product, or null.
export function products(picked, signal) {
  const search = el("input", { type: "search", autocomplete: "off", maxlength: 200 });
  const list = el("div", { class: "choices", role: "radiogroup", "aria-label": "Products" });
  const count = el("small", { role: "status" });
  const more = el("p");
  const part = el("details", null, el("summary", null, "Or choose a product of Directus"), field("Words of its name, or its id", search), count, list, more);
  let chosen = null;
  let waiting = 0;
  let asked = 0;

  part.addEventListener("toggle", () => part.open && !asked && load());
  search.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(load, WAIT);
  });
  // Enter narrows at once; it does not send the form around it.
  search.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    clearTimeout(waiting);
    load();
  });
  signal.addEventListener("abort", () => clearTimeout(waiting));

  // Of several answers that are under way the one to the newest question counts.
  async function load(cursor = "") {
    const mine = (asked += 1);
    try {
      const wanted = new URLSearchParams({ query: search.value.trim(), limit: PAGE, ...(cursor && { cursor }) });
      const answer = await get(`/products?${wanted}`, signal);
      if (mine !== asked) return;
      if (!cursor) fill(list);
      add(list, answer.products.map(entry));
      const shown = list.childElementCount;
      count.textContent = shown ? counted(shown, answer.next_cursor ? "or more product" : "product") : "No product of this name, or none that Directus shows you.";
      fill(more, answer.next_cursor && button("Show more", () => load(answer.next_cursor), { class: "quiet" }));
    } catch (error) {
      if (error.name === "AbortError" || mine !== asked) return;
      fill(list, error instanceof Problem && error.status === 403 ? typed(error) : failure(error));
    }
  }

  function entry(product) {
    const box = el("input", { type: "radio", name: "product", value: product.product_id, checked: chosen === product.product_id });
    box.addEventListener("change", () => choose(product));
    const name = product.product_name || product.product_id;
    return el("label", { class: "check" }, box, el("span", null, name, product.document_reference && el("small", null, ` ${product.document_reference}`)));
  }

  // Who may not list products may still name one.
  function typed(error) {
    const id = el("input", { type: "text", autocomplete: "off", maxlength: 255 });
    id.addEventListener("input", () => choose(id.value.trim() ? { product_id: id.value.trim() } : null));
    return [el("p", { class: "notice" }, error.message), field("The product's id", id)];
  }

  function choose(product) {
    chosen = product?.product_id ?? null;
    picked(product);
  }

  function clear() {
    chosen = null;
    for (const box of list.querySelectorAll(":checked")) box.checked = false;
  }

  return { part, clear };
}
