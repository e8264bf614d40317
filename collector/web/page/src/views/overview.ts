// The first glance: is anything wrong, and if so what.

import { api } from "../api";
import { h, type Child } from "../dom";
import { bytes, count, millicores } from "../format";
import { alertCard, nothing, panel, timeline } from "../parts";
import { view } from "../view";
import { workloadTable } from "./workloads";

function tile(href: string, value: Child, name: string, remark: string, tone: string): Child {
  return h(
    "a",
    { class: `tile ${tone}`, href },
    h("span", { class: "muted" }, name),
    h("span", { class: "value" }, value),
    h("span", { class: "remark" }, remark),
  );
}

export const overview = view({
  title: () => "Overview",
  load: async (_, signal) => {
    const [state, alerts, workloads, happenings] = await Promise.all([
      api.collector(signal),
      api.alerts({ state: "firing", limit: 20 }, signal),
      api.workloads({ sort: "attention", limit: 8, history: 30 }, signal),
      api.happenings({ limit: 14 }, signal),
    ]);
    return { at: state.at, cluster: state.cluster, state, alerts, workloads, happenings };
  },
  draw: ({ state, alerts, workloads, happenings }, context) => {
    const { nodes, saving, alerts: counts, ...rest } = state.summary;
    const all = nodes.reporting + nodes.stale + nodes.silent;
    const missing = [nodes.silent && `${nodes.silent} silent`, nodes.stale && `${nodes.stale} stale`].filter(Boolean);
    return [
      h(
        "div",
        { class: "tiles" },
        tile(
          "#/alerts",
          count(counts.firing),
          counts.firing === 1 ? "alert firing" : "alerts firing",
          counts.pending ? `${counts.pending} pending` : "none pending",
          counts.firing ? "bad" : "good",
        ),
        tile(
          "#/nodes",
          `${count(nodes.reporting)} of ${count(all)}`,
          "nodes reporting",
          missing.join(", ") || (all > 0 ? "all reporting" : "no agent has reported yet"),
          nodes.silent ? "bad" : nodes.stale || all === 0 ? "warn" : "good",
        ),
        tile("#/workloads", count(rest.workloads), "workloads", `${count(rest.containers)} containers`, "quiet"),
        tile(
          "#/recommendations",
          saving.cpu_millicores > 0 ? millicores(saving.cpu_millicores) : "0",
          "cores reclaimable",
          `and ${bytes(Math.max(0, saving.memory_bytes))} of memory`,
          "save",
        ),
      ),
      h(
        "div",
        { class: "columns" },
        h(
          "div",
          {},
          panel(
            "Active alerts",
            alerts.items.length > 0
              ? alerts.items.map((alert) => alertCard(alert, context))
              : h("p", { class: all > 0 ? "calm" : "nothing" }, all > 0 ? "No active alerts." : "No data yet: no agent has reported."),
          ),
          panel(
            "Workloads needing attention",
            workloads.items.length > 0
              ? workloadTable(workloads.items)
              : nothing("No workloads yet. An agent sends its first report ten seconds after its start."),
          ),
        ),
        h("div", {}, panel("Events", timeline(happenings.items, context))),
      ),
    ];
  },
});
