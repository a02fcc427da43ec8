// The events of a job as a stream: by fetch, so that the token stands in a header and never in an address.

import { pause, Problem, send } from "./api.js";

const LONGEST = 10_000;

// Calls ``told`` with every event until the job has ended; goes on where it stopped when the connection is lost.
// ``lost`` is told true while there is none, and false when it is back.
export async function follow(path, told, lost, signal) {
  let last = "";
  let wait = 250;
  for (;;) {
    try {
      const headers = { Accept: "text/event-stream", ...(last && { "Last-Event-ID": last }) };
      const answer = await send("GET", path, { headers, signal });
      lost(false);
      if (answer.status === 204) return;
      for await (const event of parsed(answer.body)) {
        if (event.retry) wait = Number(event.retry);
        if (event.id) last = event.id;
        if (event.data) told(JSON.parse(event.data));
      }
    } catch (error) {
      if (error.name === "AbortError") throw error;
      if (error instanceof Problem && error.status !== 0 && error.status !== 429 && error.status < 500) throw error;
      lost(true);
      wait = Math.min(Math.max(wait * 2, 500), LONGEST);
    }
    await pause(wait, signal);
  }
}

async function* parsed(stream) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const blocks = (rest + value).split("\n\n");
      rest = blocks.pop();
      for (const block of blocks) yield fieldsOf(block);
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

function fieldsOf(block) {
  const fields = {};
  for (const line of block.split("\n")) {
    const at = line.indexOf(":");
    if (at > 0) fields[line.slice(0, at)] = line.slice(at + 1).replace(/^ /, "");
  }
  return fields;
}
