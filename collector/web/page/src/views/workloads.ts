// All workloads with their live usage; a hundred at a time, found and sorted by the collector.

import { api } from "../api";
import { h, type Child } from "../dom";
import { bytes, count, cpu, known, share } from "../format";
import { gauge, spark, type Load } from "../gauge";
import { badge, chosen, cpuWords, memoryWords, nothing, pager, panel, perReplica, tools, workloadName } from "../parts";
import { view } from "../view";
import type { Workload } from "../types";

const perPage = 100;
const sorts: [string, string][] = [
  ["attention", "severity"],
  ["cpu", "CPU used"],
  ["memory", "memory used"],
  ["throttled", "throttling"],
  ["oom", "OOM kills"],
  ["saving_cpu", "CPU savings"],
  ["saving_memory", "memory savings"],
  ["name", "name"],
];

function together(workload: Workload, of: (at: number, container: number) => number): number[] {
  const length = Math.min(...workload.containers.map((c) => c.history?.at_ms.length ?? 0));
  return Array.from({ length: Number.isFinite(length) ? length : 0 }, (_, at) =>
    workload.containers.reduce((sum, __, container) => sum + of(at, container), 0),
  );
}

// A column of the history, its containers added up from the latest point backwards.
function trend(workload: Workload, column: "cpu_cores" | "memory_bytes"): number[] {
  const columns = workload.containers.map((container) => container.history?.[column] ?? []);
  return together(workload, (at, container) => columns[container]?.at(at) ?? 0);
}

function cell(name: string, points: number[], load: Load, words: string, value: string, of: string, tone: string): Child {
  return h(
    "td",
    { class: "usage", "data-name": name },
    h(
      "div",
      { class: "both", title: words },
      spark(points, `${name} of the last minutes`),
      h("div", {}, h("span", { class: "level" }, h("b", {}, value), h("span", { class: "muted" }, of)), gauge(load, words, tone)),
    ),
  );
}

function ofLimit(load: Load, format: (amount: number) => string): string {
  if (load.limit !== null) return ` of ${format(load.limit)}`;
  return load.request !== null ? ` · request ${format(load.request)}` : " · no limit";
}

function row(workload: Workload): Child {
  const one = perReplica(workload);
  const full = one.memory.limit ? one.memory.used / one.memory.limit : 0;
  return h(
    "tr",
    { "data-key": workload.id },
    h("td", { class: "first" }, workloadName(workload)),
    h("td", { class: "number", "data-name": "Replicas" }, count(one.replicas)),
    cell("CPU", trend(workload, "cpu_cores"), one.cpu, cpuWords(one.cpu), cpu(one.cpu.used), ofLimit(one.cpu, cpu), one.throttled > 0.25 ? "warn" : ""),
    h(
      "td",
      { class: "number", "data-name": "CPU throttling" },
      one.throttled > 0.25 ? badge(share(one.throttled), "warn") : h("span", { class: one.throttled > 0 ? "" : "muted" }, share(one.throttled)),
    ),
    cell("Memory", trend(workload, "memory_bytes"), one.memory, memoryWords(one.memory), bytes(one.memory.used), ofLimit(one.memory, bytes), full > 0.9 ? "bad" : ""),
    h(
      "td",
      { class: "number", "data-name": "OOM kills" },
      one.oomKills ? badge(count(one.oomKills), "bad") : h("span", { class: "muted" }, known(one.oomKills, count)),
    ),
  );
}

export function workloadTable(workloads: Workload[]): Child {
  return h(
    "table",
    { class: "workloads" },
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        h("th", { scope: "col" }, "Workload"),
        h("th", { scope: "col", class: "number" }, "Replicas"),
        h("th", { scope: "col" }, "CPU (avg per pod)"),
        h("th", { scope: "col", class: "number" }, "CPU throttling"),
        h("th", { scope: "col" }, "Memory (max per pod)"),
        h("th", { scope: "col", class: "number" }, "OOM kills"),
      ),
    ),
    h("tbody", {}, workloads.map(row)),
  );
}

export const legend = h(
  "p",
  { class: "legend muted" },
  h("span", { class: "key used" }, "used"),
  h("span", { class: "key request" }, "request"),
  h("span", { class: "key limit" }, "limit"),
  h("span", { class: "key target" }, "recommended"),
);

export const workloads = view({
  title: () => "Workloads",
  load: (route, signal) =>
    api.workloads(
      {
        ...chosen(route, "attention", perPage),
        namespace: route.query.get("namespace") ?? "",
        node: route.query.get("node") ?? "",
        history: 30,
      },
      signal,
    ),
  draw: (list, { route }) => {
    const node = route.query.get("node");
    return panel(
      ["Workloads", node && h("span", { class: "muted" }, ` on ${node}`)],
      tools(route, sorts, list.total === 1 ? "1 workload" : `${count(list.total)} workloads`),
      list.items.length > 0
        ? [legend.cloneNode(true), workloadTable(list.items)]
        : nothing(route.query.toString() ? "No workload matches." : "No workloads yet."),
      pager(route, list.total, perPage),
    );
  },
});
