// One workload: its use against what it asks for and what it should ask for, and why.

import { api } from "../api";
import { chart, type ChartLine } from "../chart";
import { h, type Child } from "../dom";
import { bytes, count, cpu, duration, millicores, money, share, shortTime } from "../format";
import { alertCard, badge, changeCpu, changeMemory, fit, nothing, panel, timeline } from "../parts";
import { nodeHref } from "../route";
import type { Advice, Container, Recommendation, WorkloadDetail } from "../types";
import { view } from "../view";

function lines(request: number | null, limit: number | null, target: number | null): ChartLine[] {
  const all: [string, number | null, string][] = [
    ["request", request, "--request"],
    ["limit", limit, "--limit"],
    ["target", target, "--target"],
  ];
  return all.flatMap(([name, value, color]) => (value === null ? [] : [{ name, value, color }]));
}

function charts(container: Container): Child {
  const { history, recommendation } = container;
  if (!history || history.at_ms.length < 2) return nothing("Charts begin with the second window.");
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

function facts(container: Container): Child {
  const { totals, pressure } = container;
  return h(
    "dl",
    { class: "facts" },
    fact("Replicas", count(container.replicas)),
    fact("CPU now, all replicas", cpu(container.cpu_cores)),
    fact("Working set, largest replica", bytes(container.memory_working_set_bytes)),
    fact("Peak in the last hour", bytes(container.memory_peak_bytes)),
    fact("Throttled in the last window", [share(container.throttled_share), " of periods, ", shortTime(container.throttled_seconds)]),
    fact("Longest stop", shortTime(container.longest_throttle_seconds)),
    fact("Waiting for a CPU, not throttled", shortTime(container.run_queue_wait_seconds)),
    fact("Pressure: CPU, memory, I/O", `${share(pressure.cpu)}, ${share(pressure.memory)}, ${share(pressure.io)}`),
    fact("OOM kills", container.oom_kills > 0 ? badge(count(container.oom_kills), "bad") : "0"),
    fact("Since it is known", [
      `${count(totals.throttled_periods)} of ${count(totals.periods)} periods throttled, ${duration(totals.throttled_seconds)}; `,
      `${duration(totals.cpu_seconds)} of CPU`,
    ]),
  );
}

// With little history the upper bound is as good as infinite.
function bounds(one: Advice, format: (amount: number) => string): string {
  if (one.upper > 100 * one.target) return `Stays as it is from ${format(one.lower)} upwards, until there is more history`;
  return `Stays as it is between ${format(one.lower)} and ${format(one.upper)}`;
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
  if (replica.times_the_others > 0) return `whose node alone asks for ${replica.times_the_others.toFixed(replica.times_the_others < 1 ? 3 : 1)} times the ${what} that all others do`;
  if (replica.killed) return "the only one that was killed";
  return `${replica.times_the_median.toFixed(1)} times the ${what} of the middle one`;
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
        `Odd replica: ${one.pod || one.cgroup} on ${one.node}, ${whatIsOdd(one)}.`,
      ),
    ),
  ];
}

function recommended(recommendation: Recommendation | null): Child {
  if (!recommendation) return nothing("No recommendation yet: there is too little history.");
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
    h("h2", {}, container.name ? ["Container ", container.name] : "Use"),
    charts(container),
    h("h3", {}, "What it should ask for", early(container.recommendation)),
    recommended(container.recommendation),
    h("details", {}, h("summary", {}, "Figures"), facts(container)),
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
      panel("What happened", timeline(happenings, context)),
      over.length > 0 && panel("Over in the last day", over.map((alert) => alertCard(alert, context))),
    ];
  },
});
