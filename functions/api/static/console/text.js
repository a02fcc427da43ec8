// How values read: times, sizes, amounts, states.

export function when(iso) {
  if (!iso) return "–";
  return new Date(iso).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
}

export function duration(seconds) {
  if (!Number.isFinite(seconds)) return "–";
  if (seconds < 60) return `${Math.max(1, Math.round(seconds))} s`;
  if (seconds < 3600) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

export function size(bytes) {
  return bytes < 1_000_000 ? `${Math.ceil(bytes / 1000)} KB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

export function percent(share) {
  return `${Math.round(share * 100)} %`;
}

// An item of the taxonomy: baggage_loss reads as "Baggage loss".
export function named(item) {
  const words = String(item).replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export function amount(finding) {
  if (finding.unit === "unlimited") return "unlimited";
  if (finding.value === null || finding.value === undefined) return "";
  const number = finding.value.toLocaleString(undefined, { maximumFractionDigits: 2 });
  return finding.unit ? `${number} ${finding.unit}` : number;
}

// Seconds that a running job will still take, judged by the time it took so far.
export function secondsLeft(job, now = Date.now()) {
  if (job.status !== "running" || !job.started_at || job.percent_complete < 5) return NaN;
  const gone = (now - Date.parse(job.started_at)) / 1000;
  return (gone * (100 - job.percent_complete)) / job.percent_complete;
}

// A number of things: 1 benefit, 2 benefits.
export function counted(number, thing) {
  return `${number} ${thing}${number === 1 ? "" : "s"}`;
}

// What a job is about, as people call it.
export function subject(job) {
  return job.file_name || job.product_name || job.product_id || job.document_id || job.job_id;
}

export const STATES = ["queued", "running", "paused", "completed", "failed", "cancelled"];
export const TERMINAL = new Set(["completed", "failed", "cancelled"]);
