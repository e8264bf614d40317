// The collector itself: every loss is here.

import { api } from "../api";
import { h, type Child } from "../dom";
import { bytes, clock, count, shortTime } from "../format";
import { ago, badge, nothing, panel } from "../parts";
import { view } from "../view";

function fact(name: string, value: Child): Child {
  return h("div", {}, h("dt", {}, name), h("dd", {}, value));
}

// Zero is calm; anything else is not.
function losses(amount: number): Child {
  return amount > 0 ? badge(count(amount), "warn") : h("span", { class: "muted" }, "0");
}

export const collector = view({
  title: () => "Collector",
  load: (_, signal) => api.collector(signal),
  draw: ({ collector: one }, context) => {
    const rejected = Object.entries(one.rejected_frames);
    return [
      panel(
        "Collector",
        h(
          "dl",
          { class: "facts" },
          fact("Cluster", one.cluster),
          fact("Version", one.version),
          fact("Started", ago(one.started, context)),
          fact("Agent connections", count(one.agent_connections)),
          fact("Records stored", count(one.records_committed)),
          fact("Samples ingested", count(one.container_samples)),
          fact("Last recommendation run", shortTime(one.recommend_pass_seconds)),
          fact("Store", [bytes(one.store.bytes), " ", one.store.writable ? badge("writable", "good") : badge("not writable", "bad")]),
          !one.store.writable && fact("Why", one.store.error),
          one.store.set_aside !== "" && fact("Damaged store", [badge("history restarted", "warn"), " ", h("span", { class: "muted" }, `the old one is kept as ${one.store.set_aside}`)]),
          one.store.left_out > 0 && fact("Left out at the start", [losses(one.store.left_out), " ", h("span", { class: "muted" }, "parts of the saved state that this version cannot read")]),
        ),
      ),
      panel(
        "Ingestion errors",
        h(
          "dl",
          { class: "facts" },
          fact("Duplicate records", count(one.records_duplicate)),
          fact("Backpressure (queue full)", losses(one.queue_refused)),
          fact("Agents reconnecting too often", losses(one.hellos_too_soon)),
          fact("Sessions ended: token no longer valid", losses(one.ended_sessions)),
          fact("Alerts dropped: limit reached", losses(one.alerts_refused)),
          fact("Posted alerts that duplicate its own", losses(one.alerts_posted_as_ours)),
          rejected.map(([reason, amount]) => fact(`Frames rejected: ${reason.replaceAll("_", " ")}`, losses(amount))),
        ),
        rejected.length === 0 && h("p", { class: "calm" }, "No frame was rejected."),
      ),
      one.refused_connections.length > 0 &&
        panel(
          "Rejected agent connections",
          h(
            "table",
            {},
            h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Address"), h("th", { scope: "col" }, "Why"), h("th", { scope: "col", class: "number" }, "Count"))),
            h(
              "tbody",
              {},
              [...one.refused_connections]
                .sort((a, b) => b.count - a.count)
                .slice(0, 50)
                .map((refused) => h("tr", {}, h("td", {}, refused.address), h("td", {}, refused.reason.replaceAll("_", " ")), h("td", { class: "number" }, losses(refused.count)))),
            ),
          ),
        ),
      panel(
        "Notifications",
        one.receivers.length === 0
          ? nothing("No receiver is configured.")
          : h(
              "table",
              { class: "receivers" },
              h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Receiver"), ["Delivered", "Retries", "Failed", "Queued"].map((name) => h("th", { scope: "col", class: "number" }, name)))),
              h(
                "tbody",
                {},
                one.receivers.map((receiver) =>
                  h(
                    "tr",
                    {},
                    h("td", { class: "first" }, receiver.name, receiver.failing > 0 && [" ", badge("failing", "bad"), h("p", { class: "muted" }, receiver.last_failure, receiver.paused_until !== null && `; next try at ${clock(receiver.paused_until)}`)]),
                    h("td", { class: "number", "data-name": "Delivered" }, count(receiver.delivered)),
                    h("td", { class: "number", "data-name": "Retries" }, losses(receiver.retried)),
                    h("td", { class: "number", "data-name": "Failed" }, losses(receiver.refused)),
                    h("td", { class: "number", "data-name": "Queued" }, count(receiver.waiting), receiver.waiting_since !== null && h("p", { class: "muted" }, "oldest ", ago(receiver.waiting_since, context))),
                  ),
                ),
              ),
            ),
      ),
      h("p", { class: "muted" }, h("a", { href: "/api/v1/openapi.yaml" }, "API description"), " · ", h("a", { href: "/metrics" }, "Prometheus metrics")),
    ];
  },
});
