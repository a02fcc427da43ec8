// What is said when something went wrong, or is done.

import { el } from "./dom.js";
import { root } from "./api.js";

// An error, with what to do about it; the type leads to its explanation.
export function failure(error) {
  const type = error.type?.startsWith("urn:") ? error.type.split(":").pop() : "";
  const places = (error.errors ?? []).map((one) => el("li", null, `${one.loc}: ${one.message}`));
  return el(
    "div",
    { class: "notice bad", role: "alert" },
    el("strong", null, error.title || "Something went wrong"),
    el("p", null, error.detail || error.message),
    places.length > 0 && el("ul", null, places),
    type && el("small", null, "Problem ", el("code", null, type), " of the ", el("a", { href: `${root}/docs` }, "API")),
  );
}

export function notice(text) {
  return el("p", { class: "notice", role: "status" }, text);
}

// Runs what a button does; while it runs the button is off, and what goes wrong is said beside it.
export async function guarded(control, act) {
  const before = control.parentElement.querySelector(":scope > .notice");
  before?.remove();
  control.disabled = true;
  try {
    return await act();
  } catch (error) {
    if (error.name !== "AbortError") control.parentElement.append(failure(error));
    return undefined;
  } finally {
    control.disabled = false;
  }
}
