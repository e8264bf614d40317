// Alerts with their reason and how telling people went, and the story of the last hours.

import { api } from "../api";
import { h, type Child } from "../dom";
import { alertCard, nothing, panel, timeline } from "../parts";
import type { Alert } from "../types";
import { view, type Context } from "../view";

function group(title: string, alerts: Alert[], empty: string, context: Context): Child {
  return panel(
    [title, h("span", { class: "muted" }, ` ${alerts.length}`)],
    alerts.length > 0 ? alerts.map((alert) => alertCard(alert, context)) : nothing(empty),
  );
}

export const alerts = view({
  title: () => "Alerts",
  load: async (_, signal) => {
    const [list, happenings] = await Promise.all([api.alerts({ limit: 500 }, signal), api.happenings({ limit: 200 }, signal)]);
    return { at: list.at, list, happenings };
  },
  draw: ({ list, happenings }, context) => {
    const of = (state: string): Alert[] => list.items.filter((alert) => alert.state === state);
    return h(
      "div",
      { class: "columns" },
      h(
        "div",
        {},
        group("Firing", of("firing"), "Nothing fires.", context),
        group("Pending", of("pending"), "Nothing is about to fire.", context),
        group("Resolved in the last day", of("resolved"), "Nothing was resolved in the last day.", context),
      ),
      h("div", {}, panel("What happened", timeline(happenings.items, context))),
    );
  },
});
