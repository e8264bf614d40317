// What each container should ask for, and why.

import { api } from "../api";
import { h, type Child } from "../dom";
import { bytes, count, duration, millicores, money } from "../format";
import { badge, changeCpu, changeMemory, chosen, fit, nothing, pager, panel, tools, workloadName } from "../parts";
import type { AdvisedContainer } from "../types";
import { view } from "../view";

const perPage = 100;
const sorts: [string, string][] = [
  ["saving_cpu", "CPU savings"],
  ["saving_memory", "memory savings"],
  ["attention", "severity"],
  ["name", "name"],
];

function freed(amount: number, format: (amount: number) => string): Child {
  if (amount === 0) return h("span", { class: "muted" }, "0");
  return h("span", { class: amount > 0 ? "save" : "muted" }, amount > 0 ? format(amount) : `+${format(-amount)} (under-provisioned)`);
}

function why(one: AdvisedContainer): Child {
  const { recommendation: advice } = one;
  return h(
    "details",
    { class: "why" },
    h("summary", {}, "All reasons"),
    h("p", {}, h("b", {}, "CPU. "), advice.cpu_millicores.reason),
    h("p", {}, h("b", {}, "Memory. "), advice.memory_bytes.reason),
    advice.notes.map((note) => h("p", { class: "note" }, note)),
    advice.confidence_days < 1 && h("p", { class: "note" }, "Preliminary: there is less than a day of history."),
    h("p", { class: "muted" }, `${advice.algorithm}, ${duration(advice.history_seconds)} of history, ${count(advice.samples)} samples`),
  );
}

// The reason of what is most out of place.
function reason(one: AdvisedContainer): Child {
  const { cpu_millicores: cpu, memory_bytes: memory } = one.recommendation;
  const memoryFirst = fit(cpu).tone === "good" && fit(memory).tone !== "good";
  return h("span", { class: "reason" }, memoryFirst ? memory.reason : cpu.reason);
}

function verdict(one: AdvisedContainer): Child {
  return (["cpu_millicores", "memory_bytes"] as const).map((resource) => {
    const how = fit(one.recommendation[resource]);
    return how.tone === "good" ? null : badge(`${how.text} ${resource === "cpu_millicores" ? "CPU" : "memory"}`, how.tone);
  });
}

function row(one: AdvisedContainer, priced: boolean): Child {
  const { saving_per_month: saving, currency } = one.recommendation;
  return [
    h(
      "tr",
      { "data-key": `${one.workload} ${one.container}` },
      h("td", { class: "first" }, workloadName({ ...one, id: one.workload }), one.container && h("span", { class: "muted" }, ` ${one.container} × ${one.replicas}`)),
      h("td", { "data-name": "CPU request" }, changeCpu(one.recommendation.cpu_millicores)),
      h("td", { "data-name": "Memory request" }, changeMemory(one.recommendation.memory_bytes)),
      h("td", { class: "number", "data-name": "CPU savings" }, freed(one.saving.cpu_millicores, millicores)),
      h("td", { class: "number", "data-name": "Memory savings" }, freed(one.saving.memory_bytes, bytes)),
      priced && h("td", { class: "number", "data-name": "Savings/month" }, saving === null ? h("span", { class: "muted" }, "—") : money(saving, currency)),
      h("td", { class: "reasons" }, h("span", { class: "badges" }, verdict(one)), reason(one), why(one)),
    ),
  ];
}

export const recommendations = view({
  title: () => "Recommendations",
  load: (route, signal) => api.recommendations(chosen(route, "saving_cpu", perPage), signal),
  draw: (list, { route }) => {
    const priced = list.items.some((one) => one.recommendation.saving_per_month !== null);
    return panel(
      "Recommendations",
      tools(route, sorts, list.total === 1 ? "1 container" : `${count(list.total)} containers`),
      list.items.length > 0
        ? h(
            "table",
            { class: "recommendations" },
            h(
              "thead",
              {},
              h(
                "tr",
                {},
                h("th", { scope: "col" }, "Container"),
                h("th", { scope: "col" }, "CPU request"),
                h("th", { scope: "col" }, "Memory request"),
                h("th", { scope: "col", class: "number" }, "CPU savings"),
                h("th", { scope: "col", class: "number" }, "Memory savings"),
                priced && h("th", { scope: "col", class: "number" }, "Savings/month"),
                h("th", { scope: "col" }, "Why"),
              ),
            ),
            h("tbody", {}, list.items.map((one) => row(one, priced))),
          )
        : nothing(route.query.get("search") ? "No container matches." : "No recommendations yet: not enough history."),
      pager(route, list.total, perPage),
    );
  },
});
