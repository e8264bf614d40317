// Asking the API.

import { ask } from "./session";
import type { AdvisedContainer, Alert, CollectorState, Happening, List, Node, NodeDetail, Repairs, Story, Workload, WorkloadDetail, NewSilence, Silence } from "./types";

// The API answered, but not with what was asked for.
export class Refused extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

export type Parameters = Record<string, string | number | undefined>;

async function get<T>(path: string, parameters: Parameters, signal: AbortSignal): Promise<T> {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined && value !== "") query.set(name, String(value));
  }
  const text = query.toString();
  const answer = await ask(`/api/v1/${path}${text && `?${text}`}`, { signal });
  if (!answer.ok) {
    const body = (await answer.json().catch(() => ({}))) as { error?: string };
    throw new Refused(answer.status, body.error ?? `the collector answered ${answer.status}`);
  }
  return (await answer.json()) as T;
}

// What changes something. A refusal is a bare string in Alertmanager's API, below /api/v2.
async function change(method: string, path: string, body: unknown, token: string): Promise<void> {
  const headers = { "Content-Type": "application/json", ...(token && { Authorization: `Bearer ${token}` }) };
  const answer = await ask(`/api/${path}`, { method, headers, body: body === undefined ? null : JSON.stringify(body) });
  if (answer.ok) return;
  const said = (await answer.json().catch(() => "")) as string | { error?: string };
  throw new Refused(answer.status, (typeof said === "string" ? said : said.error) || `the collector answered ${answer.status}`);
}

async function silences(signal: AbortSignal): Promise<Silence[]> {
  const answer = await ask("/api/v2/silences", { signal });
  return answer.ok ? ((await answer.json()) as Silence[]) : [];
}

const encoded = (id: string): string => id.split("/").map(encodeURIComponent).join("/");

export const api = {
  collector: (signal: AbortSignal) => get<CollectorState>("collector", {}, signal),
  nodes: (parameters: Parameters, signal: AbortSignal) => get<List<Node>>("nodes", parameters, signal),
  node: (name: string, signal: AbortSignal) => get<NodeDetail>(`nodes/${encoded(name)}`, {}, signal),
  workloads: (parameters: Parameters, signal: AbortSignal) => get<List<Workload>>("workloads", parameters, signal),
  workload: (id: string, signal: AbortSignal) => get<WorkloadDetail>(`workloads/${encoded(id)}`, {}, signal),
  recommendations: (parameters: Parameters, signal: AbortSignal) =>
    get<List<AdvisedContainer>>("recommendations", parameters, signal),
  alerts: (parameters: Parameters, signal: AbortSignal) => get<List<Alert>>("alerts", parameters, signal),
  stories: (parameters: Parameters, signal: AbortSignal) => get<List<Story>>("stories", parameters, signal),
  repairs: (parameters: Parameters, signal: AbortSignal) => get<Repairs>("repairs", parameters, signal),
  decide: (what: "approve" | "refuse", id: string, by: string, token: string) => change("POST", `v1/repairs/${what}`, { id, by }, token),
  happenings: (parameters: Parameters, signal: AbortSignal) => get<List<Happening>>("happenings", parameters, signal),
  silences,
  silence: (silence: NewSilence, token: string) => change("POST", "v2/silences", silence, token),
  expire: (id: string, token: string) => change("DELETE", `v2/silence/${encoded(id)}`, undefined, token),
};
