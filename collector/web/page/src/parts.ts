// Pieces that several views show.

import { h, type Child } from "./dom";
import { bytes, cpu, dateAndClock, duration, millicores } from "./format";
import { alertHref, nodeHref, withQuery, workloadHref, type Route } from "./route";
import type { Advice, Alert, Container, Happening, Story, Workload } from "./types";
import type { Context } from "./view";

export function ago(instant: string, context: Context): Child {
  const seconds = (context.now - Date.parse(instant)) / 1000;
  return h("time", { datetime: instant, title: dateAndClock(instant) }, `${duration(seconds)} ago`);
}

export function panel(title: Child, ...content: Child[]): Child {
  return h("section", { class: "panel" }, h("h2", {}, title), ...content);
}

export function badge(text: string, tone: string): Child {
  return h("span", { class: `badge ${tone}` }, text);
}

export function nothing(text: string): Child {
  return h("p", { class: "nothing" }, text);
}

export function severityTone(alert: Alert): string {
  if (alert.state === "resolved") return "good";
  if (alert.severity === "Sev0" || alert.severity === "Sev1") return "bad";
  if (alert.severity === "Sev2" || alert.severity === "Sev3") return "warn";
  return "quiet";
}

export function workloadName(workload: { id: string; namespace: string; kind: string; name: string }): Child {
  return h(
    "span",
    { class: "name" },
    h("a", { href: workloadHref(workload.id), class: "strong" }, workload.name || workload.id),
    h("span", { class: "muted" }, [workload.namespace, workload.kind].filter(Boolean).join(" · ")),
  );
}

// Where an alert or a happening is at home.
export function whereabouts(workload: string, node: string): Child {
  return [
    workload && h("a", { href: workloadHref(workload) }, workload),
    workload && node ? " on " : null,
    node && h("a", { href: nodeHref(node) }, node),
  ];
}

// Whom it hit, why, who caused it, and what that rests on.
export function storyCard(story: Story, context: Context): Child {
  const what = story.kind === "eviction" ? "evicted" : story.times > 1 ? `OOM-killed ${story.times} times` : "OOM-killed";
  const who = [story.workload || `${story.namespace}/${story.pod}`, story.kind === "oom_kill" && story.container].filter(Boolean).join(" ");
  return h(
    "article",
    { class: "alert warn story", "data-key": `story-${story.id}` },
    h("header", {}, badge(what, "warn"), h("strong", {}, who)),
    h("p", {}, story.why),
    story.cause.text && h("p", { class: "cause" }, h("strong", {}, "Caused by "), story.cause.text),
    h(
      "details",
      {},
      h("summary", {}, `Evidence (${story.evidence.length})`),
      story.evidence.map((one) => h("p", { class: "muted" }, ago(one.at, context), ` · ${one.source}: ${one.text}`)),
    ),
    h(
      "footer",
      { class: "muted" },
      h("span", {}, ago(story.last, context)),
      h("span", {}, whereabouts(story.workload.includes("/") && !story.workload.startsWith("/") ? story.workload : "", story.node)),
      story.pod && h("span", {}, `pod ${story.pod}`),
    ),
  );
}

export function alertCard(alert: Alert, context: Context): Child {
  const tone = severityTone(alert);
  const when =
    alert.state === "resolved" && alert.resolved
      ? ["resolved ", ago(alert.resolved, context)]
      : [alert.state, " since ", ago(alert.since, context)];
  const times = alert.occurrences > 1 && ` · ${alert.occurrences} times`;
  const said = { workload: alert.labels["workload"], node: alert.labels["node"], cluster: context.cluster };
  const labels = Object.entries(alert.labels).filter(([name, value]) => said[name as keyof typeof said] !== value);
  return h(
    "article",
    { class: `alert ${tone} ${alert.state}`, "data-key": `alert-${alert.fingerprint}` },
    h(
      "header",
      {},
      badge(`${alert.severity} ${alert.state}`, tone),
      h("strong", {}, h("a", { href: alertHref(alert.fingerprint) }, alert.summary || alert.rule)),
    ),
    h("p", {}, alert.reason),
    h(
      "footer",
      { class: "muted" },
      h("span", {}, alert.rule, " · ", ...when, times),
      h("span", {}, whereabouts(alert.labels["workload"]?.includes("/") ? alert.labels["workload"] : "", alert.labels["node"] ?? "")),
      labels.map(([name, value]) => h("span", {}, `${name} ${value}`)),
      /^https?:/.test(alert.runbook_url) && h("a", { href: alert.runbook_url, rel: "noreferrer" }, "runbook"),
      alert.deliveries.map((line) => h("span", { class: /refused|fail/.test(line) ? "told bad" : "told" }, line)),
    ),
  );
}

const happeningTones: Record<string, string> = {
  oom_kill: "bad",
  resize_rescued: "good",
  resize_reverted: "warn",
  memory_stall: "warn",
  node_fault: "warn",
  node_silent: "bad",
  node_stale: "warn",
  node_back: "good",
};

export function timeline(happenings: Happening[], context: Context): Child {
  if (happenings.length === 0) return nothing("No recent events.");
  return h(
    "ol",
    { class: "timeline" },
    happenings.map((one) =>
      h(
        "li",
        { class: happeningTones[one.kind] ?? "quiet" },
        h("p", {}, one.text),
        h("p", { class: "muted" }, ago(one.at, context), " · ", one.kind.replaceAll("_", " "), " · ", whereabouts(one.workload, one.node)),
      ),
    ),
  );
}

export interface Fit {
  text: string;
  tone: string;
}

// Whether a request is what it should be.
export function fit(advice: Advice): Fit {
  if (advice.current_request === null) return { text: "request not set", tone: "quiet" };
  if (advice.current_request < advice.lower) return { text: "under-provisioned", tone: "warn" };
  if (advice.current_request > advice.upper) return { text: "over-provisioned", tone: "save" };
  return { text: "right-sized", tone: "good" };
}

// "100m → 620m"
export function change(advice: Advice, format: (amount: number) => string): Child {
  const how = fit(advice);
  return h(
    "span",
    { class: `change ${how.tone}`, title: `${how.text}: bounds ${format(advice.lower)} to ${format(advice.upper)}` },
    h("span", { class: "from" }, advice.current_request === null ? "none" : format(advice.current_request)),
    h("span", { class: "arrow", "aria-label": "should be" }, "→"),
    h("span", { class: "to" }, format(advice.target)),
  );
}

export const changeCpu = (advice: Advice): Child => change(advice, millicores);
export const changeMemory = (advice: Advice): Child => change(advice, bytes);

// One replica of the whole workload: its containers added up. A limit or request that one of them lacks, all lack.
export interface PerReplica {
  replicas: number;
  cpu: { used: number; request: number | null; limit: number | null; target: number | null };
  memory: { used: number; request: number | null; limit: number | null; target: number | null };
  throttled: number;
  oomKills: number | null;
}

export function perReplica(workload: Workload): PerReplica {
  const all = workload.containers;
  const sum = (of: (container: Container) => number | null): number | null =>
    all.reduce<number | null>((total, container) => {
      const value = of(container);
      return total === null || value === null ? null : total + value;
    }, 0);
  const cores = (amount: number | null): number | null => (amount === null ? null : amount / 1000);
  return {
    replicas: Math.max(0, ...all.map((container) => container.replicas)),
    cpu: {
      used: sum((c) => c.cpu_cores / Math.max(1, c.replicas)) ?? 0,
      request: cores(sum((c) => c.cpu_request_millicores)),
      limit: cores(sum((c) => c.cpu_limit_millicores)),
      target: cores(sum((c) => c.recommendation?.cpu_millicores.target ?? null)),
    },
    memory: {
      used: sum((c) => c.memory_working_set_bytes) ?? 0,
      request: sum((c) => c.memory_request_bytes),
      limit: sum((c) => c.memory_limit_bytes),
      target: sum((c) => c.recommendation?.memory_bytes.target ?? null),
    },
    throttled: Math.max(0, ...all.map((c) => c.throttled_share)),
    oomKills: sum((c) => c.oom_kills),
  };
}

export function loadWords(load: PerReplica["cpu"], format: (amount: number) => string): string {
  const known: [string, number | null][] = [
    ["request", load.request],
    ["limit", load.limit],
    ["recommended", load.target],
  ];
  const parts = known.filter(([, value]) => value !== null).map(([name, value]) => `${name} ${format(value ?? 0)}`);
  return [`${format(load.used)} used`, ...parts].join(", ");
}

export const cpuWords = (load: PerReplica["cpu"]): string => loadWords(load, cpu);
export const memoryWords = (load: PerReplica["memory"]): string => loadWords(load, bytes);

export function pager(route: Route, total: number, perPage: number): Child {
  const pages = Math.max(1, Math.ceil(total / perPage));
  const page = pageOf(route);
  if (pages === 1) return null;
  const step = (to: number, text: string): Child =>
    to >= 1 && to <= pages
      ? h("a", { href: withQuery(route, { page: String(to) }), class: "button" }, text)
      : h("span", { class: "button off", "aria-disabled": "true" }, text);
  return h(
    "nav",
    { class: "pager", "aria-label": "Pages" },
    step(page - 1, "← Previous"),
    h("span", { class: "muted" }, `page ${page} of ${pages}`),
    step(page + 1, "Next →"),
  );
}

// What the API is asked for a list: what its tools say, and the page that is shown.
export function chosen(route: Route, usualSort: string, perPage: number): { search: string; sort: string; offset: number; limit: number } {
  return {
    search: route.query.get("search") ?? "",
    sort: route.query.get("sort") ?? usualSort,
    offset: (pageOf(route) - 1) * perPage,
    limit: perPage,
  };
}

function pageOf(route: Route): number {
  return Math.max(1, Number.parseInt(route.query.get("page") ?? "1", 10) || 1);
}

let typing = 0;

// A search field for `words`, and a choice of order; both live in the address, so that a view can be sent to somebody.
export function tools(route: Route, sorts: [string, string][], found: string, words = "words of a name, namespace, kind or node"): Child {
  const go = (changes: Record<string, string>): void => {
    history.replaceState(null, "", withQuery(route, changes));
    window.dispatchEvent(new HashChangeEvent("hashchange"));
  };
  return h(
    "form",
    { class: "tools", role: "search", onsubmit: (event) => event.preventDefault() },
    h("input", {
      type: "search",
      id: "search",
      placeholder: `Filter: ${words}   ( / )`,
      "aria-label": "Filter",
      value: route.query.get("search") ?? "",
      autocomplete: "off",
      spellcheck: "false",
      oninput: (event) => {
        window.clearTimeout(typing);
        const { value } = event.target as HTMLInputElement;
        typing = window.setTimeout(() => go({ search: value.trim() }), 150);
      },
    }),
    h(
      "label",
      {},
      h("span", { class: "muted" }, "Sort by "),
      h(
        "select",
        { id: "sort", onchange: (event) => go({ sort: (event.target as HTMLSelectElement).value }) },
        sorts.map(([value, text]) =>
          h("option", { value, selected: (route.query.get("sort") ?? sorts[0]?.[0]) === value }, text),
        ),
      ),
    ),
    h("span", { class: "muted found", role: "status" }, found),
  );
}
