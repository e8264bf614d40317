// Alerts with their reason and how telling people went, who caused evictions and OOM kills, and the story of
// the last hours.

import { api } from "../api";
import { h, type Child } from "../dom";
import { count } from "../format";
import { alertCard, nothing, panel, storyCard, timeline } from "../parts";
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
    const [list, happenings, stories] = await Promise.all([
      api.alerts({ limit: 500 }, signal),
      api.happenings({ limit: 200 }, signal),
      api.stories({ limit: 200 }, signal),
    ]);
    return { at: list.at, cluster: list.cluster, list, happenings, stories };
  },
  draw: ({ list, happenings, stories }, context) => {
    const of = (state: string): Alert[] => list.items.filter((alert) => alert.state === state);
    return h(
      "div",
      { class: "columns" },
      h(
        "div",
        {},
        list.total > list.items.length && h("p", { class: "muted" }, `The first ${count(list.items.length)} of ${count(list.total)} alerts. All of them: `, h("code", {}, "loadlinectl get alerts")),
        group("Firing", of("firing"), "No firing alerts.", context),
        group("Pending", of("pending"), "No pending alerts.", context),
        group("Resolved in the last 24 h", of("resolved"), "None resolved in the last 24 h.", context),
      ),
      h(
        "div",
        {},
        stories.items.length > 0 && panel("Incidents: evictions and OOM kills", stories.items.map((story) => storyCard(story, context))),
        panel("Events", timeline(happenings.items, context)),
      ),
    );
  },
});
