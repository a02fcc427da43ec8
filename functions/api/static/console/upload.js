// Starting an analysis: of a file, which goes straight to S3, or of a product of Directus.

import { el, field, choice, fill, button } from "./dom.js";
import { post, Problem } from "./api.js";
import { failure } from "./notices.js";
import { products } from "./products.js";
import { size } from "./text.js";

const LANGUAGES = { auto: "as the document says", de: "German", fr: "French", en: "English", it: "Italian", es: "Spanish", pt: "Portuguese" };
const TARGETS = { "": "no translation", en: "English", de: "German", fr: "French", it: "Italian", es: "Spanish", ta: "Tamil", hi: "Hindi", ar: "Arabic", zh: "Chinese" };
const ENDINGS = ".pdf,.docx,.html,.htm,.md,.txt,.png,.jpg,.jpeg,.tif,.tiff";

export default async function upload(section, { signal }) {
  let product = null;
  const file = el("input", { type: "file", accept: ENDINGS });
  const chosen = el("p", { class: "chosen", "aria-live": "polite" });
  const drop = el(
    "div",
    { class: "drop" },
    el("label", { for: (file.id = "file") }, "Drop a document here, or choose one"),
    file,
    el("small", null, "PDF, scan, Word, HTML, Markdown or text; up to 100 MB"),
    chosen,
  );
  const language = choice(Object.entries(LANGUAGES), "auto");
  const translate = choice(Object.entries(TARGETS), "");
  const engine = choice([["", "of the deployment"], ["rules", "rules"], ["openai", "openai"], ["bedrock", "bedrock"]], "");
  const check = (checked) => el("input", { type: "checkbox", checked });
  const boxes = { summary: check(false), report: check(true), index: check(true), seed_directus: check(false), dry_run_directus: check(false) };
  const named = (name, text) => ((boxes[name].id = name), el("label", { class: "check", for: name }, boxes[name], text));
  // Products, and writing to Directus, are there where the deployment knows one.
  const shelf = "login" in document.documentElement.dataset ? products(choose, signal) : null;
  const written = el("fieldset", { hidden: true }, el("legend", null, "In Directus"), named("seed_directus", "Write the findings to the product"), named("dry_run_directus", "Only show what would be written"));
  const going = el("div", { "aria-live": "polite" });
  const go = el("button", { class: "main" }, "Analyse");
  const form = el(
    "form",
    { class: "card" },
    drop,
    shelf?.part,
    written,
    el("div", { class: "columns" }, field("Language of the document", language)),
    el("fieldset", null, el("legend", null, "Also make"), named("report", "Report (PDF, Word, Excel)"), named("summary", "Summary"), named("index", "Searchable")),
    el(
      "details",
      null,
      el("summary", null, "More options"),
      el("div", { class: "columns" }, field("Translate to", translate), field("Engine", engine)),
    ),
    el("div", { class: "row" }, go),
    going,
  );
  section.append(el("h1", null, "Analyse a document"), form);

  file.addEventListener("change", () => {
    if (!file.files[0]) return choose(null);
    shelf?.clear();
    choose(null);
    fill(chosen, size(file.files[0].size));
  });
  for (const [event, over] of [["dragover", true], ["dragleave", false], ["drop", false]]) {
    drop.addEventListener(event, (happened) => {
      happened.preventDefault();
      drop.classList.toggle("over", over);
      if (event === "drop" && happened.dataTransfer.files.length) {
        file.files = happened.dataTransfer.files;
        file.dispatchEvent(new Event("change"));
      }
    });
  }
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    go.disabled = true;
    try {
      location.hash = `#/jobs/${await start()}`;
    } catch (error) {
      fill(going, failure(error));
    } finally {
      go.disabled = false;
    }
  });

  // One of the two is analysed: choosing a product lets go of the file, and the other way round.
  function choose(other) {
    product = other;
    written.hidden = !product;
    if (!product) return fill(chosen);
    file.value = "";
    return fill(chosen, "Product ", el("strong", null, product.product_name || product.product_id), " ", button("Not this one", forget, { class: "quiet small" }));
  }

  function forget() {
    shelf.clear();
    choose(null);
  }

  async function start() {
    const options = { language: language.value };
    for (const [name, box] of Object.entries(boxes)) options[name] = box.checked && (Boolean(product) || !name.endsWith("_directus"));
    if (translate.value) options.translate_to = translate.value;
    if (engine.value) options.engine = engine.value;
    const picked = file.files[0];
    if (!picked && !product) {
      throw new Problem({ title: "Nothing to analyse", detail: shelf ? "Choose a file or a product." : "Choose a file." }, 0);
    }
    options[picked ? "document_id" : "product_id"] = picked ? await stored(picked) : product.product_id;
    fill(going, "Starting …");
    const job = await post("/jobs/analysis", options, { "Idempotency-Key": crypto.randomUUID?.() ?? String(Math.random()) });
    return job.job_id;
  }

  async function stored(picked) {
    const slot = await post("/uploads", { file_name: picked.name, size: picked.size });
    const progress = el("progress", { max: picked.size, value: 0, "aria-label": "Upload" });
    const share = el("span");
    fill(going, "Uploading ", progress, share);
    const sent = new FormData();
    for (const [name, value] of Object.entries(slot.fields)) sent.append(name, value);
    sent.append("file", picked);
    await transferred(slot.url, sent, (loaded) => {
      progress.value = Math.min(loaded, picked.size);
      share.textContent = ` ${size(Math.min(loaded, picked.size))} of ${size(picked.size)}`;
    });
    return slot.document_id;
  }
}

// Sends a form by XMLHttpRequest: fetch does not tell how much has gone.
function transferred(url, form, told) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.upload.addEventListener("progress", (event) => told(event.loaded));
    request.addEventListener("load", () =>
      request.status < 300
        ? resolve()
        : reject(new Problem({ title: "Upload refused", detail: `The store answered ${request.status}. Try again; the form is valid for an hour.` }, request.status)),
    );
    request.addEventListener("error", () => reject(new Problem({ title: "Upload interrupted", detail: "The connection was lost. Try again." }, 0)));
    request.open("POST", url);
    request.send(form);
  });
}
