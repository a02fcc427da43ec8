// How jobs went over time, from the newest of them: a chart, and the same numbers as a table.

import { el, fill, svg, table } from "./dom.js";
import { get } from "./api.js";
import { duration } from "./text.js";

const PAGES = 4;
const BARS = 24;
const HEIGHT = 80;
const WIDTH = 20;

export async function charts(section, signal) {
  const tasks = await newest(signal);
  const slots = slotsOf(tasks);
  if (!slots.length) return fill(section, el("p", { class: "empty" }, "No job has ended yet."));
  const tokens = tasks.reduce((sum, one) => sum + (one.result?.tokens?.input ?? 0) + (one.result?.tokens?.output ?? 0), 0);
  const cost = tasks.reduce((sum, one) => sum + (one.result?.cost_usd ?? 0), 0);
  const times = tasks.filter((one) => one.status === "completed" && one.started_at).map((one) => (Date.parse(one.completed_at) - Date.parse(one.started_at)) / 1000);
  fill(
    section,
    el("p", { class: "facts" }, `The newest ${tasks.length} jobs · half of them took ${duration(middle(times))} or less · ${tokens.toLocaleString()} tokens · ${cost.toFixed(2)} USD`),
    drawn(slots),
    el("details", null, el("summary", null, "As a table"), table("Ended jobs over time", ["From", "Completed", "Failed", "Cancelled"], slots.map((slot) => [slot.name, slot.completed, slot.failed, slot.cancelled]))),
  );
}

async function newest(signal) {
  const tasks = [];
  for (let page = 0, cursor = ""; page < PAGES && cursor !== null; page += 1) {
    const answer = await get(`/admin/tasks?limit=100${cursor && `&cursor=${encodeURIComponent(cursor)}`}`, signal);
    tasks.push(...answer.tasks);
    cursor = answer.next_cursor;
  }
  return tasks;
}

// As many slots as the chart has bars, from the first end of a job to the last.
function slotsOf(tasks) {
  const ended = tasks.filter((one) => one.completed_at);
  if (!ended.length) return [];
  const moments = ended.map((one) => Date.parse(one.completed_at));
  const first = Math.min(...moments);
  const step = Math.max((Math.max(...moments) - first) / BARS, 60_000);
  const slots = [];
  ended.forEach((one, at) => {
    const number = Math.min(Math.floor((moments[at] - first) / step), BARS - 1);
    slots[number] ??= empty(first + number * step);
    slots[number][one.status] += 1;
  });
  return Array.from(slots, (slot, number) => slot ?? empty(first + number * step));
}

function empty(moment) {
  const name = new Date(moment).toLocaleString(undefined, { dateStyle: "short", timeStyle: "short" });
  return { name, completed: 0, failed: 0, cancelled: 0 };
}

function drawn(slots) {
  const most = Math.max(...slots.map((slot) => slot.completed + slot.failed + slot.cancelled), 1);
  const bars = slots.flatMap((slot, at) => {
    let top = HEIGHT;
    return ["completed", "failed", "cancelled"].map((name) => {
      const height = (slot[name] / most) * HEIGHT;
      top -= height;
      return svg("rect", { x: at * WIDTH + 2, y: top, width: WIDTH - 4, height, class: name }, svg("title", null, `${slot.name}: ${slot[name]} ${name}`));
    });
  });
  const label = `Ended jobs from ${slots[0].name} on, at most ${most} in a bar`;
  return el("figure", { class: "chart" }, svg("svg", { viewBox: `0 0 ${slots.length * WIDTH} ${HEIGHT}`, role: "img", "aria-label": label, preserveAspectRatio: "none" }, bars), el("figcaption", null, label, ": ", el("span", { class: "key completed" }, "completed"), " ", el("span", { class: "key failed" }, "failed"), " ", el("span", { class: "key cancelled" }, "cancelled")));
}

function middle(numbers) {
  return numbers.length ? numbers.sort((a, b) => a - b)[Math.floor(numbers.length / 2)] : NaN;
}
