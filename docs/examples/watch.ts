// Analyse a document and follow its job, in TypeScript: by events, and by polling where a proxy holds streams up.
//
//   tsc --strict --target es2022 --module es2022 --lib es2022,dom,dom.asynciterable --outDir build watch.ts
//   mv build/watch.js build/watch.mjs && node build/watch.mjs URL TOKEN "text of a policy"
//
// Needs nothing but fetch: it runs in browsers and in Node 20. The token goes in a header, never in an address.

export interface JobEvent {
  id: number;
  job_id: string;
  status: string;
  stage: string;
  progress: number;
  message: string;
  current: number;
  total: number;
  at: string;
}

export interface Job {
  job_id: string;
  status: "queued" | "running" | "paused" | "completed" | "failed" | "cancelled";
  percent_complete: number;
  result: Record<string, unknown> | null;
  error: { type: string; title: string; detail: string } | null;
}

const TERMINAL: ReadonlySet<string> = new Set(["completed", "failed", "cancelled"]);

export class Api {
  constructor(
    private readonly url: string,
    private readonly token: string,
  ) {}

  async analyse(name: string, data: BlobPart): Promise<string> {
    const form = new FormData();
    form.append("file", new Blob([data]), name);
    const answer = await this.send("/jobs/upload", { method: "POST", body: form });
    const accepted = (await answer.json()) as { job_id: string };
    return accepted.job_id;
  }

  async job(jobId: string): Promise<Job> {
    return (await (await this.send(`/jobs/${jobId}/status`)).json()) as Job;
  }

  // The events until the job has ended. A stream ends by itself behind a gateway: it is taken up where it was.
  async *events(jobId: string): AsyncGenerator<JobEvent> {
    let last = "";
    let wait = 250;
    for (;;) {
      const answer = await this.send(`/jobs/${jobId}/events`, {
        headers: { Accept: "text/event-stream", ...(last ? { "Last-Event-ID": last } : {}) },
      });
      if (answer.status === 204 || !answer.body) return;
      for await (const fields of parsed(answer.body)) {
        if (fields.retry) wait = Number(fields.retry);
        if (fields.id) last = fields.id;
        if (fields.data) yield JSON.parse(fields.data) as JobEvent;
      }
      await pause(wait);
    }
  }

  // The same by polling: an unchanged job costs an answer without a body.
  async ended(jobId: string): Promise<Job> {
    let etag = "";
    for (let wait = 250; ; wait = Math.min(wait * 1.5, 5000)) {
      const answer = await this.send(`/jobs/${jobId}/status`, { headers: etag ? { "If-None-Match": etag } : {} });
      if (answer.status !== 304) {
        etag = answer.headers.get("ETag") ?? "";
        const job = (await answer.json()) as Job;
        if (TERMINAL.has(job.status)) return job;
      }
      await pause(wait);
    }
  }

  private async send(path: string, request: RequestInit = {}): Promise<Response> {
    const headers = { ...request.headers, Authorization: `Bearer ${this.token}` };
    const answer = await fetch(`${this.url}${path}`, { ...request, headers });
    if (answer.ok || answer.status === 304) return answer;
    const problem = (await answer.json()) as { title: string; detail: string };
    throw new Error(`${problem.title}: ${problem.detail}`);
  }
}

async function* parsed(stream: ReadableStream<Uint8Array>): AsyncGenerator<Record<string, string>> {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const blocks = (rest + decoder.decode(value, { stream: true })).split("\n\n");
    rest = blocks.pop() ?? "";
    for (const block of blocks) {
      const fields: Record<string, string> = {};
      for (const line of block.split("\n")) {
        const at = line.indexOf(":");
        if (at > 0) fields[line.slice(0, at)] = line.slice(at + 1).replace(/^ /, "");
      }
      yield fields;
    }
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

declare const process: { argv: string[] };

const [url, token, text] = process.argv.slice(2);
if (url && token && text) {
  const api = new Api(url, token);
  const jobId = await api.analyse("policy.md", text);
  for await (const event of api.events(jobId)) console.log(`${event.progress} % ${event.stage || event.status}`);
  console.log(JSON.stringify(await api.ended(jobId)));
}
