// One workload: its use against what it asks for and what it should ask for, and why.

import { api } from "../api";
import { chart, type ChartLine } from "../chart";
import { h, type Child } from "../dom";
import { bytes, count, cpu, duration, known, millicores, money, share, shortTime } from "../format";
import { alertCard, badge, changeCpu, changeMemory, fit, nothing, panel, timeline } from "../parts";
import { nodeHref } from "../route";
import type { Advice, Container, Recommendation, WorkloadDetail } from "../types";
import { view } from "../view";

function lines(request: number | null, limit: number | null, target: number | null): ChartLine[] {
  const all: [string, number | null, string][] = [
    ["request", request, "--request"],
    ["limit", limit, "--limit"],
    ["recommended", target, "--target"],
  ];
  return all.flatMap(([name, value, color]) => (value === null ? [] : [{ name, value, color }]));
}

function charts(container: Container): Child {
  const { history, recommendation } = container;
  if (!history || history.at_ms.length < 2) return nothing("Charts begin with the second report.");
  const seconds = history.at_ms.map((at) => at / 1000);
  const replicas = Math.max(1, container.replicas);
  const cores = (amount: number | null | undefined): number | null => (amount == null ? null : amount / 1000);
  const each = replicas > 1 ? ` (mean of ${replicas} replicas)` : "";
  const titled = (title: string, content: Child): Child => h("figure", {}, h("figcaption", {}, title), content);
  return h(
    "div",
    { class: "charts" },
    titled(
      `CPU${each}`,
      chart({
        key: `cpu-${container.name}`,
        seconds,
        values: history.cpu_cores.map((value) => value / replicas),
        name: "used",
        color: "--used",
        lines: lines(cores(container.cpu_request_millicores), cores(container.cpu_limit_millicores), cores(recommendation?.cpu_millicores.target)),
        format: cpu,
      }),
    ),
    titled(
      `Memory${each}`,
      chart({
        key: `memory-${container.name}`,
        seconds,
        values: history.memory_bytes.map((value) => value / replicas),
        name: "used",
        color: "--used",
        lines: lines(container.memory_request_bytes, container.memory_limit_bytes, recommendation?.memory_bytes.target ?? null),
        format: bytes,
        binary: true,
      }),
    ),
    titled(
      "Throttled share of periods",
      chart({
        key: `throttled-${container.name}`,
        seconds,
        values: history.throttled_share,
        name: "throttled",
        color: "--warn",
        lines: [],
        format: share,
        ceiling: 1,
        height: 130,
      }),
    ),
  );
}

function fact(name: string, value: Child): Child {
  return h("div", {}, h("dt", {}, name), h("dd", {}, value));
}

function kills({ oom_kills, oom_victims }: Container): Child {
  if (!oom_kills) return known(oom_kills, count);
  return [badge(count(oom_kills), "bad"), (oom_victims ?? 0) > oom_kills && ` of ${known(oom_victims, count)} processes`];
}

function requestSource(container: Container): string {
  if (container.request_source === "spec") return "of the pod's spec";
  if (container.request_source === "pod") return "its part of the whole pod's";
  return container.cpu_request_millicores === null ? "none known" : "guessed from the CPU weight of its cgroup";
}

// A limit that holds for more than the container, in words; nothing of one that is its own.
function above(limit: Container["effective_cpu_limit"] | Container["effective_memory_limit"]): string | null {
  if (limit === null || limit.level === "container") return null;
  return `${"bytes" in limit ? bytes(limit.bytes) : cpu(limit.millicores / 1000)}, of its ${limit.level}`;
}

// Beside the working set, which has no part of them.
function hugePages({ memory_huge_pages_bytes: held, huge_pages_request_bytes: request, huge_pages_limit_bytes: limit }: Container): Child {
  if (!held && request === null && limit === null) return null;
  return fact("Huge pages (max pod)", [
    known(held, bytes),
    request !== null && `, request ${bytes(request)}`,
    limit !== null && limit !== request && `, limit ${bytes(limit)}`,
  ]);
}

function processes({ processes: now, largest_exited_process_bytes: largest }: Container): Child {
  return [count(now), largest !== null && `; the largest that ended in the last hour had ${bytes(largest)}`];
}

// All that the collector counts of it, whatever that is.
function happened({ events }: Container): Child {
  const counted = Object.entries(events).filter(([, amount]) => amount > 0);
  if (counted.length === 0) return null;
  const line = (name: string, amount: number): string => {
    const words = name.replace(/_microseconds$/, " time").replaceAll("_", " ");
    return `${words}: ${name.endsWith("_microseconds") ? shortTime(amount / 1e6) : count(amount)}`;
  };
  return fact("Events, lifetime", counted.map(([name, amount]) => h("div", {}, line(name, amount))));
}

function facts(container: Container): Child {
  const { totals, pressure } = container;
  return h(
    "dl",
    { class: "facts" },
    fact("Replicas", count(container.replicas)),
    container.qos_class !== "" && fact("QoS class", container.qos_class),
    fact("Requests", requestSource(container)),
    above(container.effective_cpu_limit) && fact("Effective CPU limit", above(container.effective_cpu_limit)),
    above(container.effective_memory_limit) && fact("Effective memory limit", above(container.effective_memory_limit)),
    fact("CPU now, all replicas", cpu(container.cpu_cores)),
    fact("Memory working set (max pod)", bytes(container.memory_working_set_bytes)),
    fact("Peak in the last hour", bytes(container.memory_peak_bytes)),
    hugePages(container),
    container.memory_swap_bytes > 0 && fact("Swapped out (max pod)", bytes(container.memory_swap_bytes)),
    fact("Throttled in the last window", [
      share(container.throttled_share),
      " of periods, ",
      shortTime(container.throttled_seconds),
      container.throttled_by && above(container.throttled_by) && `, by the limit ${above(container.throttled_by)}`,
    ]),
    container.cpu_held_back_by && fact("Kept from CPU by", container.cpu_held_back_by === "limit" ? "its limit" : "its neighbours on the node"),
    container.cpu_burst_seconds !== null &&
      fact("Burst beyond the CPU limit", `${shortTime(container.cpu_burst_seconds)} in a period, which is no throttling`),
    container.allowed_cpus !== null && fact("CPUs that it may run on", count(container.allowed_cpus)),
    fact("Longest throttle", known(container.longest_throttle_seconds, shortTime)),
    fact("Run-queue latency", known(container.run_queue_wait_seconds, shortTime)),
    fact("Pressure: CPU, memory, I/O", [pressure.cpu, pressure.memory, pressure.io].map((part) => known(part, share)).join(", ")),
    fact("Processes", processes(container)),
    fact("OOM kills", kills(container)),
    happened(container),
    fact("Block I/O, lifetime", `${bytes(totals.io_read_bytes)} read, ${bytes(totals.io_written_bytes)} written`),
    fact("Lifetime totals", [
      `${count(totals.throttled_periods)} of ${count(totals.periods)} periods throttled, ${duration(totals.throttled_seconds)}; `,
      `${duration(totals.cpu_seconds)} of CPU`,
    ]),
  );
}

// With little history the upper bound is as good as infinite.
function bounds(one: Advice, format: (amount: number) => string): string {
  if (one.upper > 100 * one.target) return `Acceptable from ${format(one.lower)} upwards, until there is more history`;
  return `Acceptable range ${format(one.lower)} to ${format(one.upper)}`;
}

function advice(name: string, one: Advice, shown: Child, format: (amount: number) => string): Child {
  const how = fit(one);
  const capped = one.uncapped !== one.target && ` (${format(one.uncapped)} before caps)`;
  return h(
    "div",
    { class: "advice" },
    h("h4", {}, name),
    h("p", { class: "headline" }, shown, " ", badge(how.text, how.tone)),
    h("p", {}, one.reason),
    h(
      "p",
      { class: "muted" },
      bounds(one, format),
      capped,
      one.current_limit !== null && `; limit ${format(one.current_limit)}`,
      ".",
    ),
  );
}

// The first day's advice is better than none, and not to be trusted blindly.
function early(recommendation: Recommendation | null): Child {
  if (!recommendation || recommendation.confidence_days >= 1) return null;
  return [" ", badge(`preliminary: ${duration(recommendation.history_seconds)} of history`, "warn")];
}

function whatIsOdd(replica: Recommendation["outliers"][number]): string {
  const what = replica.resource === "cpu" ? "CPU" : "memory";
  if (replica.times_the_others > 0) return `whose node alone calls for ${replica.times_the_others.toFixed(replica.times_the_others < 1 ? 3 : 1)} times the ${what} that all others do`;
  if (replica.killed) return "the only one that was killed";
  return `${replica.times_the_median.toFixed(1)} times the median ${what}`;
}

// What one number for all replicas and all times does not say.
function apart({ startup_boost: boost, node_classes: classes, outliers }: Recommendation): Child {
  return [
    boost &&
      h(
        "p",
        { class: "note" },
        `Start-up boost: ${millicores(boost.cpu_millicores)} of CPU, ${boost.factor.toFixed(1)} times the request, for the first ${duration(boost.duration_seconds)}.`,
      ),
    classes.map((one) =>
      h(
        "p",
        { class: "note" },
        `On nodes of ${one.node_class} (${count(one.replicas)} ${one.replicas === 1 ? "replica" : "replicas"}): CPU ${millicores(one.cpu_millicores.target)}, memory ${bytes(one.memory_bytes.target)}.`,
      ),
    ),
    outliers.map((one) =>
      h(
        "p",
        { class: "note" },
        `Outlier pod: ${one.pod || one.cgroup} on ${one.node}, ${whatIsOdd(one)}.`,
      ),
    ),
  ];
}

function recommended(recommendation: Recommendation | null): Child {
  if (!recommendation) return nothing("No recommendation yet: not enough history.");
  const { saving_per_month: saving } = recommendation;
  return [
    h(
      "div",
      { class: "advices" },
      advice("CPU request", recommendation.cpu_millicores, changeCpu(recommendation.cpu_millicores), millicores),
      advice("Memory request", recommendation.memory_bytes, changeMemory(recommendation.memory_bytes), bytes),
    ),
    apart(recommendation),
    recommendation.notes.map((note) => h("p", { class: "note" }, note)),
    h(
      "p",
      { class: "muted" },
      `Algorithm ${recommendation.algorithm}; ${count(recommendation.samples)} samples of ${duration(recommendation.history_seconds)}`,
      recommendation.oom_kills > 0 && `; ${count(recommendation.oom_kills)} OOM kills taken into account`,
      saving !== null && `; ${saving >= 0 ? "frees" : "costs"} ${money(Math.abs(saving), recommendation.currency)} a month`,
      ".",
    ),
  ];
}

function containerPanel(container: Container): Child {
  return h(
    "section",
    { class: "panel", "data-key": `container-${container.name}` },
    h("h2", {}, container.name ? ["Container ", container.name] : "Usage"),
    charts(container),
    h("h3", {}, "Recommended requests", early(container.recommendation)),
    recommended(container.recommendation),
    h("details", {}, h("summary", {}, "Details"), facts(container)),
  );
}

export const workload = view<WorkloadDetail>({
  title: (route) => route.id,
  load: (route, signal) => api.workload(route.id, signal),
  draw: ({ workload: one, apply, alerts, happenings }, context) => {
    const firing = alerts.filter((alert) => alert.state !== "resolved");
    const over = alerts.filter((alert) => alert.state === "resolved");
    const [first, ...others] = one.nodes;
    return [
      h(
        "header",
        { class: "headline-block" },
        h("p", { class: "crumbs" }, h("a", { href: "#/workloads" }, "Workloads"), one.namespace && [" / ", h("a", { href: `#/workloads?namespace=${encodeURIComponent(one.namespace)}` }, one.namespace)]),
        h("h1", {}, one.name || one.id),
        h(
          "p",
          { class: "muted" },
          one.kind,
          first && [" on ", h("a", { href: nodeHref(first) }, first)],
          others.length > 0 && ` and ${others.length} more`,
        ),
        apply && h("p", { class: "muted" }, `Resized in place: ${apply.phase}${apply.reason && `, ${apply.reason}`}`),
      ),
      firing.map((alert) => alertCard(alert, context)),
      one.containers.map(containerPanel),
      panel("Events", timeline(happenings, context)),
      over.length > 0 && panel("Resolved in the last 24 h", over.map((alert) => alertCard(alert, context))),
    ];
  },
});
