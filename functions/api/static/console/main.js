// The frame: who is signed in, where one is (the part of the address behind #), and the view that is shown.

import { el, fill, button } from "./dom.js";
import { post } from "./api.js";
import * as session from "./session.js";
import { failure } from "./notices.js";

// Views load when they are first looked at; each is a function of its place, its query and a signal of its end.
const VIEWS = {
  "": () => import("./jobs.js"),
  new: () => import("./upload.js"),
  jobs: () => import("./job.js"),
  search: () => import("./search.js"),
  compare: () => import("./compare.js"),
  page: () => import("./page.js"),
  operators: () => import("./operators.js"),
  tasks: () => import("./task.js"),
};
const LINKS = [
  ["#/", "Jobs"],
  ["#/new", "Analyse"],
  ["#/search", "Search"],
  ["#/compare", "Compare"],
];

const main = document.querySelector("main");
const nav = document.querySelector("nav");
const account = document.querySelector("#account");
let leaving = new AbortController();
let reason = "";

async function show() {
  leaving.abort();
  leaving = new AbortController();
  const { signal } = leaving;
  const [path, query] = location.hash.replace(/^#\/?/, "").split("?");
  const [name, ...place] = path.split("/").map(decodeURIComponent);
  const signedIn = session.caller();
  frame(signedIn, name);
  const view = !signedIn ? () => import("./signin.js") : VIEWS[name];
  const section = el("section");
  fill(main, section);
  try {
    if (!view) throw new Error("There is no such page.");
    const { default: render } = await view();
    if (signal.aborted) return;
    await render(section, { place, query: new URLSearchParams(query), signal, reason });
    reason = "";
  } catch (error) {
    if (error.name !== "AbortError" && !signal.aborted) section.append(failure(error));
  }
  if (!signal.aborted) arrive(section);
}

// Names the page and puts the focus on its heading, as a loaded page would.
function arrive(section) {
  const heading = section.querySelector("h1");
  document.title = heading ? `${heading.textContent} – Clauseworks` : "Clauseworks";
  if (heading && !section.contains(document.activeElement)) {
    heading.tabIndex = -1;
    heading.focus();
  }
}

function frame(signedIn, name) {
  const links = signedIn ? [...LINKS, ...(signedIn.admin ? [["#/operators", "Operators"]] : [])] : [];
  fill(
    nav,
    links.map(([href, text]) =>
      el("a", { href, "aria-current": href === `#/${name}` ? "page" : null }, text),
    ),
  );
  fill(
    account,
    signedIn && el("span", { class: "who", title: signedIn.name }, signedIn.name),
    signedIn && button("Sign out", signOut, { class: "quiet" }),
  );
}

// Directus, too, forgets the session where it began there.
function signOut() {
  const refresh = session.refreshToken();
  if (refresh) post("/auth/logout", { refresh_token: refresh }).catch(() => {});
  session.end("You are signed out.");
}

session.onChange((why) => {
  // A renewed token changes nothing of what is shown.
  const shown = main.querySelector("[data-view=signin]");
  if (session.caller() && !shown) return;
  reason = why;
  show();
});
addEventListener("hashchange", show);
show();
