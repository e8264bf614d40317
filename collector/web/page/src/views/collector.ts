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
          fact("Version", one.version),
          fact("Started", ago(one.started, context)),
          fact("Connections of agents", count(one.agent_connections)),
          fact("Records stored", count(one.records_committed)),
          fact("Container windows taken in", count(one.container_samples)),
          fact("Last full recommendation pass", shortTime(one.recommend_pass_seconds)),
          fact("Store", [bytes(one.store.bytes), " ", one.store.writable ? badge("writable", "good") : badge("cannot be written", "bad")]),
          !one.store.writable && fact("Why", one.store.error),
          one.store.set_aside !== "" && fact("Damaged store", [badge("history began anew", "warn"), " ", h("span", { class: "muted" }, `the old one is kept as ${one.store.set_aside}`)]),
        ),
      ),
      panel(
        "Refused, repeated, lost",
        h(
          "dl",
          { class: "facts" },
          fact("Records that came twice", count(one.records_duplicate)),
          fact("Put off because the core was busy", losses(one.queue_refused)),
          fact("Greetings that came too soon", losses(one.hellos_too_soon)),
          fact("Sessions ended for their token", losses(one.ended_sessions)),
          fact("Alerts without room", losses(one.alerts_refused)),
          rejected.map(([reason, amount]) => fact(`Frames refused: ${reason.replaceAll("_", " ")}`, losses(amount))),
        ),
        rejected.length === 0 && h("p", { class: "calm" }, "No frame was refused."),
      ),
      one.refused_connections.length > 0 &&
        panel(
          "Connections refused at the agents' port",
          h(
            "table",
            {},
            h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Address"), h("th", { scope: "col" }, "Why"), h("th", { scope: "col", class: "number" }, "How often"))),
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
        "Telling people",
        one.receivers.length === 0
          ? nothing("No receiver is configured.")
          : h(
              "table",
              { class: "receivers" },
              h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Receiver"), ["Delivered", "Tried again", "Refused", "Waiting"].map((name) => h("th", { scope: "col", class: "number" }, name)))),
              h(
                "tbody",
                {},
                one.receivers.map((receiver) =>
                  h(
                    "tr",
                    {},
                    h("td", { class: "first" }, receiver.name, receiver.failing > 0 && [" ", badge("failing", "bad"), h("p", { class: "muted" }, receiver.last_failure, receiver.paused_until !== null && `; tried again at ${clock(receiver.paused_until)}`)]),
                    h("td", { class: "number", "data-name": "Delivered" }, count(receiver.delivered)),
                    h("td", { class: "number", "data-name": "Tried again" }, losses(receiver.retried)),
                    h("td", { class: "number", "data-name": "Refused" }, losses(receiver.refused)),
                    h("td", { class: "number", "data-name": "Waiting" }, count(receiver.waiting), receiver.waiting_since !== null && h("p", { class: "muted" }, "the oldest ", ago(receiver.waiting_since, context))),
                  ),
                ),
              ),
            ),
      ),
      h("p", { class: "muted" }, h("a", { href: "/api/v1/openapi.yaml" }, "API description"), " · ", h("a", { href: "/metrics" }, "Prometheus metrics")),
    ];
  },
});
