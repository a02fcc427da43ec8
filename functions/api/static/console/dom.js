// Builds elements. Text always goes in as text: nothing that the API says is ever parsed as markup.

const SVG = "http://www.w3.org/2000/svg";

function build(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  fill(node, ...children);
  return node;
}

// An element with attributes (on...: a listener; null and false: left out) and children (nodes or texts).
export function el(tag, attributes, ...children) {
  return build(document.createElement(tag), attributes, children);
}

export function svg(tag, attributes, ...children) {
  return build(document.createElementNS(SVG, tag), attributes, children);
}

// Replaces what a node holds; null and false are left out.
export function fill(node, ...children) {
  node.replaceChildren(...kept(children));
}

// Adds to what a node holds; null and false are left out.
export function add(node, ...children) {
  node.append(...kept(children));
}

function kept(children) {
  const some = children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false);
  return some.map((child) => (child instanceof Node ? child : String(child)));
}

export function button(text, onclick, attributes) {
  return el("button", { type: "button", onclick, ...attributes }, text);
}

export function field(label, control, hint) {
  control.id ||= `f${++fields}`;
  return el("div", { class: "field" }, el("label", { for: control.id }, label), control, hint && el("small", null, hint));
}
let fields = 0;

export function choice(options, selected, attributes) {
  const entries = options.map(([value, text]) => el("option", { value, selected: value === selected }, text));
  return el("select", attributes, entries);
}

// A table with a caption for those who cannot see where it stands; rows are lists of nodes or texts.
export function table(caption, heads, rows, empty = "Nothing here.") {
  if (!rows.length) return el("p", { class: "empty" }, empty);
  return el(
    "div",
    { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
    el(
      "table",
      null,
      el("caption", { class: "unseen" }, caption),
      el("thead", null, el("tr", null, heads.map((head) => el("th", { scope: "col" }, head)))),
      el("tbody", null, rows.map((row) => el("tr", null, row.map((cell) => el("td", null, cell))))),
    ),
  );
}
