// Nodes: state with its reason, pressure, what the agent costs, and by which method each signal is read. The
// collector finds and sorts them; a hundred at a time are shown.

import { api } from "../api";
import { h, type Child } from "../dom";
import { bytes, count, cpu, duration, known, share, smallShare } from "../format";
import { gauge } from "../gauge";
import { ago, alertCard, badge, chosen, nothing, pager, panel, timeline, tools } from "../parts";
import { nodeHref } from "../route";
import type { Node, NodeDetail, Repair } from "../types";
import { view, type Context } from "../view";
import { repairsPanel } from "./repairs";

const tones: Record<string, string> = { reporting: "good", stale: "warn", silent: "bad" };
const perPage = 100;
const sorts: [string, string][] = [
  ["attention", "severity"],
  ["name", "name"],
  ["cpu", "CPU used"],
  ["memory", "memory used"],
  ["pressure", "pressure"],
];

const place = (node: Node): string => [node.pool && `pool ${node.pool}`, node.zone, node.instance_type].filter(Boolean).join(" · ");

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

function pressureCell(name: string, part: number | null): Child {
  const text = known(part, share);
  return h("td", { class: "number", "data-name": name }, part !== null && part >= 0.05 ? badge(text, "warn") : h("span", { class: part ? "" : "muted" }, text));
}

function row(node: Node, context: Context): Child {
  return h(
    "tr",
    { "data-key": node.name },
    h(
      "td",
      { class: "first" },
      h("span", { class: "name" }, h("a", { class: "strong", href: nodeHref(node.name) }, node.name), h("span", { class: "muted" }, [place(node), node.state !== "reporting" && node.state_reason].filter(Boolean).join(" · ") || node.state_reason)),
    ),
    h("td", { "data-name": "State" }, badge(node.state, tones[node.state] ?? "quiet"), " ", h("span", { class: "muted seen" }, ago(node.last_seen, context))),
    gaugeCell("CPU", node.cpu_used_cores, node.capacity.cpu_millicores / 1000, cpu),
    gaugeCell("Memory", node.memory_used_bytes, node.capacity.memory_bytes, bytes),
    pressureCell("CPU pressure", node.pressure.cpu),
    pressureCell("Memory pressure", node.pressure.memory),
    pressureCell("I/O pressure", node.pressure.io),
    h("td", { class: "number", "data-name": "Agent" }, `${smallShare(node.agent.cpu_share)} · ${bytes(node.agent.rss_bytes)}`),
    h("td", { class: "number", "data-name": "Data loss" }, lost(node) > 0 ? badge(count(lost(node)), "warn") : h("span", { class: "muted" }, "0")),
  );
}

export const nodes = view({
  title: () => "Nodes",
  load: async (route, signal) => {
    const [list, repairs] = await Promise.all([api.nodes(chosen(route, "attention", perPage), signal), api.repairs({ limit: perPage }, signal)]);
    return { ...list, repairs: repairs.items.filter((one) => !one.closed), standBy: repairs.stand_by };
  },
  draw: (list, context) => [
    repairsPanel(list.repairs, list.standBy, context),
    panel(
      "Nodes",
      tools(context.route, sorts, list.total === 1 ? "1 node" : `${count(list.total)} nodes`, "words of a name, state, pool, zone or kernel"),
      list.items.length > 0
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
                ["CPU pressure", "Memory", "I/O", "Agent", "Data loss"].map((name) => h("th", { scope: "col", class: "number" }, name)),
              ),
            ),
            h("tbody", {}, list.items.map((node) => row(node, context))),
          )
        : nothing(context.route.query.toString() ? "No node matches." : "No agent has reported yet."),
      pager(context.route, list.total, perPage),
    ),
  ],
});

function fact(name: string, value: Child): Child {
  return h("div", {}, h("dt", {}, name), h("dd", {}, value));
}

// Only one that is wrong is worth a line.
function clockFact(node: Node): Child {
  const ahead = node.clock_ahead_seconds;
  if (ahead === null || Math.abs(ahead) < 1) return null;
  return fact("Clock", badge(`${duration(Math.abs(ahead))} ${ahead > 0 ? "ahead" : "behind"}`, "warn"));
}

function findings(node: Node, context: Context): Child {
  if (node.findings.length === 0) return null;
  return panel(
    "Node faults",
    h(
      "table",
      { class: "findings" },
      h("thead", {}, h("tr", {}, ["Fault", "Found by", "Last seen", "Times", "Evidence"].map((name) => h("th", { scope: "col" }, name)))),
      h(
        "tbody",
        {},
        node.findings.map((one) =>
          h(
            "tr",
            {},
            h("td", { class: "first" }, one.condition ? [badge(one.condition, "bad"), " holds: ", one.reason] : one.reason),
            h("td", { "data-name": "Found by" }, one.source),
            h("td", { "data-name": "Last seen" }, ago(one.last, context)),
            h("td", { class: "number", "data-name": "Times" }, count(one.times)),
            h("td", { "data-name": "Evidence" }, h("code", {}, one.message)),
          ),
        ),
      ),
    ),
  );
}

function detail({ node, alerts, happenings, repairs }: NodeDetail & { repairs: Repair[] }, context: Context): Child {
  const losses = Object.entries(node.losses).filter(([, amount]) => amount > 0);
  const refused = Object.entries(node.refused).filter(([, amount]) => amount > 0);
  return [
    h(
      "header",
      { class: "headline-block" },
      h("p", { class: "crumbs" }, h("a", { href: "#/nodes" }, "Nodes")),
      h("h1", {}, node.name),
      h("p", {}, badge(node.state, tones[node.state] ?? "quiet"), " ", node.state_reason && `${node.state_reason} · `, h("span", { class: "muted" }, "last heartbeat ", ago(node.last_seen, context))),
      h("p", {}, h("a", { href: `#/workloads?node=${encodeURIComponent(node.name)}` }, "Workloads on this node")),
    ),
    alerts.length > 0 && panel("Alerts", alerts.map((alert) => alertCard(alert, context))),
    repairsPanel(repairs, "", context),
    findings(node, context),
    panel(
      "Summary",
      h(
        "dl",
        { class: "facts" },
        fact("CPU", `${cpu(node.cpu_used_cores)} of ${cpu(node.capacity.cpu_millicores / 1000)}`),
        fact("Memory", `${bytes(node.memory_used_bytes)} of ${bytes(node.capacity.memory_bytes)}`),
        fact("Pressure: CPU, memory, I/O", [node.pressure.cpu, node.pressure.memory, node.pressure.io].map((part) => known(part, share)).join(", ")),
        fact("Containers", count(node.containers)),
        place(node) && fact("Pool, zone, instance type", place(node)),
        clockFact(node),
        fact("Kernel", node.kernel_version),
        node.cgroups !== null && fact("Cgroups", `${count(node.cgroups)}, and ${count(node.dying_cgroups ?? 0)} removed that are still charged`),
        fact("Agent", [
          `${node.agent_version}; ${smallShare(node.agent.cpu_share)} of a core, ${bytes(node.agent.rss_bytes)}`,
          node.agent.backed_off > 0 && [" ", badge("backed off", "warn"), " to stay within its CPU budget: it samples less often"],
        ]),
        fact("Agent's spool", `${count(node.spooled_records)} records not acknowledged`),
        fact("First seen", ago(node.first_seen, context)),
        node.disks.map((disk) =>
          fact(`Disk ${disk.path}`, [`${bytes(disk.free_bytes)} free of ${bytes(disk.total_bytes)}`, disk.read_only && [" ", badge("read-only", "bad")]]),
        ),
      ),
    ),
    panel(
      "Data sources",
      h(
        "table",
        { class: "signals" },
        h("thead", {}, h("tr", {}, ["Signal", "Method", "Limitation"].map((name) => h("th", { scope: "col" }, name)))),
        h(
          "tbody",
          {},
          node.signals.map((signal) =>
            h(
              "tr",
              {},
              h("td", { class: "first" }, signal.signal.replaceAll("_", " ")),
              h("td", { "data-name": "Method" }, badge(signal.rung, signal.rung === "off" ? "bad" : signal.why ? "warn" : "good")),
              h("td", { "data-name": "Limitation" }, signal.why || h("span", { class: "muted" }, "none")),
            ),
          ),
        ),
      ),
    ),
    panel(
      "Data loss",
      losses.length === 0 && node.missing_records === 0
        ? h("p", { class: "calm" }, "No data was lost.")
        : h(
            "dl",
            { class: "facts" },
            losses.map(([reason, amount]) => fact(reason.replaceAll("_", " "), count(amount))),
            node.missing_records > 0 && fact("missing records", count(node.missing_records)),
          ),
    ),
    (refused.length > 0 || node.waiting_bytes > 0) &&
      panel(
        "Rejected or delayed: over the limits of one node",
        h(
          "dl",
          { class: "facts" },
          refused.map(([what, amount]) => fact(what === "beyond_capacity" ? "reports that claim more than the machine has" : `${what} rejected`, count(amount))),
          node.waiting_bytes > 0 && fact("records waiting", bytes(node.waiting_bytes)),
        ),
      ),
    happenings.length > 0 && panel("Events", timeline(happenings, context)),
  ];
}

export const node = view({
  title: (route) => route.id,
  load: async (route, signal) => {
    const [one, repairs] = await Promise.all([api.node(route.id, signal), api.repairs({ node: route.id }, signal)]);
    return { ...one, repairs: repairs.items };
  },
  draw: detail,
});
