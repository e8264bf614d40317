// Nodes: state with its reason, pressure, what the agent costs, and through which rung each signal is read.

import { api } from "../api";
import { h, type Child } from "../dom";
import { bytes, count, cpu, share, smallShare } from "../format";
import { gauge } from "../gauge";
import { ago, badge, nothing, panel, tools } from "../parts";
import { nodeHref } from "../route";
import type { Node } from "../types";
import { view, type Context } from "../view";

const tones: Record<string, string> = { ready: "good", stale: "warn", silent: "bad" };
const sorts: [string, string][] = [
  ["state", "what needs somebody"],
  ["name", "name"],
  ["cpu", "CPU used"],
  ["memory", "memory used"],
  ["pressure", "pressure"],
];

const worst: Record<string, number> = { silent: 2, stale: 1, ready: 0 };
const place = (node: Node): string => [node.pool && `pool ${node.pool}`, node.zone, node.instance_type].filter(Boolean).join(" · ");
const pressed = (node: Node): number => Math.max(node.pressure.cpu, node.pressure.memory, node.pressure.io);
const ranks: Record<string, (node: Node) => number> = {
  state: (node) => (worst[node.state] ?? 0) * 10 + node.pressure.memory,
  cpu: (node) => node.cpu_used_cores / Math.max(1, node.capacity.cpu_millicores),
  memory: (node) => node.memory_used_bytes / Math.max(1, node.capacity.memory_bytes),
  pressure: pressed,
};

function lost(node: Node): number {
  return Object.values(node.losses).reduce((sum, one) => sum + one, 0) + node.missing_records;
}

function gaugeCell(name: string, used: number, capacity: number, format: (amount: number) => string): Child {
  const words = `${format(used)} of ${format(capacity)}`;
  return h(
    "td",
    { class: "usage", "data-name": name },
    h("span", { class: "level" }, h("b", {}, format(used)), h("span", { class: "muted" }, ` of ${format(capacity)}`)),
    gauge({ used, request: null, limit: null, target: null, whole: capacity }, words, used > 0.9 * capacity ? "warn" : ""),
  );
}

function pressureCell(name: string, part: number): Child {
  const text = share(part);
  return h("td", { class: "number", "data-name": name }, part >= 0.05 ? badge(text, "warn") : h("span", { class: part > 0 ? "" : "muted" }, text));
}

function row(node: Node, context: Context): Child {
  return h(
    "tr",
    { "data-key": node.name },
    h(
      "td",
      { class: "first" },
      h("span", { class: "name" }, h("a", { class: "strong", href: nodeHref(node.name) }, node.name), h("span", { class: "muted" }, [place(node), node.state !== "ready" && node.state_reason].filter(Boolean).join(" · ") || node.state_reason)),
    ),
    h("td", { "data-name": "State" }, badge(node.state, tones[node.state] ?? "quiet"), " ", h("span", { class: "muted seen" }, ago(node.last_seen, context))),
    gaugeCell("CPU", node.cpu_used_cores, node.capacity.cpu_millicores / 1000, cpu),
    gaugeCell("Memory", node.memory_used_bytes, node.capacity.memory_bytes, bytes),
    pressureCell("CPU pressure", node.pressure.cpu),
    pressureCell("Memory pressure", node.pressure.memory),
    pressureCell("I/O pressure", node.pressure.io),
    h("td", { class: "number", "data-name": "Agent" }, `${smallShare(node.agent.cpu_share)} · ${bytes(node.agent.rss_bytes)}`),
    h("td", { class: "number", "data-name": "Losses" }, lost(node) > 0 ? badge(count(lost(node)), "warn") : h("span", { class: "muted" }, "0")),
  );
}

export const nodes = view({
  title: () => "Nodes",
  load: (_, signal) => api.nodes({ limit: 1000 }, signal),
  draw: (list, context) => {
    const words = (context.route.query.get("search") ?? "").toLowerCase().split(/\s+/);
    const rank = ranks[context.route.query.get("sort") ?? "state"];
    const found = list.items.filter((node) => words.every((word) => `${node.name} ${node.state} ${node.kernel_version} ${place(node)}`.toLowerCase().includes(word)));
    if (rank) found.sort((a, b) => rank(b) - rank(a));
    const shown = found.slice(0, 200);
    return panel(
      "Nodes",
      tools(context.route, sorts, found.length === 1 ? "1 node" : `${count(found.length)} nodes`),
      shown.length > 0
        ? h(
            "table",
            { class: "nodes" },
            h(
              "thead",
              {},
              h(
                "tr",
                {},
                ["Node", "State", "CPU", "Memory"].map((name) => h("th", { scope: "col" }, name)),
                ["CPU pressure", "Memory", "I/O", "Agent", "Losses"].map((name) => h("th", { scope: "col", class: "number" }, name)),
              ),
            ),
            h("tbody", {}, shown.map((node) => row(node, context))),
          )
        : nothing(list.total > 0 ? "No node matches." : "No agent has reported yet."),
      shown.length < found.length && h("p", { class: "muted" }, `The first ${shown.length} are shown: filter to see others.`),
    );
  },
});

function fact(name: string, value: Child): Child {
  return h("div", {}, h("dt", {}, name), h("dd", {}, value));
}

function detail(node: Node, context: Context): Child {
  const losses = Object.entries(node.losses).filter(([, amount]) => amount > 0);
  const refused = Object.entries(node.refused).filter(([, amount]) => amount > 0);
  return [
    h(
      "header",
      { class: "headline-block" },
      h("p", { class: "crumbs" }, h("a", { href: "#/nodes" }, "Nodes")),
      h("h1", {}, node.name),
      h("p", {}, badge(node.state, tones[node.state] ?? "quiet"), " ", node.state_reason && `${node.state_reason} · `, h("span", { class: "muted" }, "last heard ", ago(node.last_seen, context))),
      h("p", {}, h("a", { href: `#/workloads?node=${encodeURIComponent(node.name)}` }, "Workloads on this node")),
    ),
    panel(
      "How it is",
      h(
        "dl",
        { class: "facts" },
        fact("CPU", `${cpu(node.cpu_used_cores)} of ${cpu(node.capacity.cpu_millicores / 1000)}`),
        fact("Memory", `${bytes(node.memory_used_bytes)} of ${bytes(node.capacity.memory_bytes)}`),
        fact("Pressure: CPU, memory, I/O", `${share(node.pressure.cpu)}, ${share(node.pressure.memory)}, ${share(node.pressure.io)}`),
        fact("Containers", count(node.containers)),
        place(node) && fact("In the cluster", place(node)),
        fact("Kernel", node.kernel_version),
        fact("Agent", `${node.agent_version}; ${smallShare(node.agent.cpu_share)} of a core, ${bytes(node.agent.rss_bytes)}`),
        fact("First seen", ago(node.first_seen, context)),
        node.disks.map((disk) =>
          fact(`Disk ${disk.path}`, [`${bytes(disk.free_bytes)} free of ${bytes(disk.total_bytes)}`, disk.read_only && [" ", badge("read-only", "bad")]]),
        ),
      ),
    ),
    panel(
      "How each signal is read",
      h(
        "table",
        { class: "signals" },
        h("thead", {}, h("tr", {}, ["Signal", "Through", "Why not better"].map((name) => h("th", { scope: "col" }, name)))),
        h(
          "tbody",
          {},
          node.signals.map((signal) =>
            h(
              "tr",
              {},
              h("td", { class: "first" }, signal.signal.replaceAll("_", " ")),
              h("td", { "data-name": "Through" }, badge(signal.rung, signal.rung === "off" ? "bad" : signal.why ? "warn" : "good")),
              h("td", { "data-name": "Why not better" }, signal.why || h("span", { class: "muted" }, "the best there is")),
            ),
          ),
        ),
      ),
    ),
    panel(
      "What was lost",
      losses.length === 0 && node.missing_records === 0
        ? h("p", { class: "calm" }, "Nothing was lost.")
        : h(
            "dl",
            { class: "facts" },
            losses.map(([reason, amount]) => fact(reason.replaceAll("_", " "), count(amount))),
            node.missing_records > 0 && fact("records that never arrived", count(node.missing_records)),
          ),
    ),
    (refused.length > 0 || node.waiting_bytes > 0) &&
      panel(
        "More than one node may have",
        h(
          "dl",
          { class: "facts" },
          refused.map(([what, amount]) => fact(what === "beyond_capacity" ? "windows and kills that claim more than the machine has" : `${what} that were not taken`, count(amount))),
          node.waiting_bytes > 0 && fact("records that wait", bytes(node.waiting_bytes)),
        ),
      ),
  ];
}

export const node = view({
  title: (route) => route.id,
  load: (_, signal) => api.nodes({ limit: 1000 }, signal),
  draw: (list, context) => {
    const found = list.items.find((one) => one.name === context.route.id);
    return found ? detail(found, context) : nothing(`No node is called ${context.route.id}.`);
  },
});
