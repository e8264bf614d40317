// One alert, what mutes it, and a silence for it. Messages link here.

import { api } from "../api";
import { h, kept, type Child } from "../dom";
import { alertCard, ago, nothing, panel } from "../parts";
import { alertHref, type Route } from "../route";
import type { Alert, Silence } from "../types";
import { view, type Context } from "../view";
import { field, input, send, tokenField, writeTokenKey } from "./forms";

const silencing = "/silence";

const fingerprintOf = (route: Route): string => route.id.replace(/\/silence$/, "");

function labelsOf(alert: Alert): [string, string][] {
  return Object.entries({ ...(alert.rule && { alertname: alert.rule }), ...alert.labels });
}

const durations: [string, number][] = [["1 hour", 1], ["4 hours", 4], ["1 day", 24], ["1 week", 168], ["30 days", 720]];

async function submit(form: HTMLElement, alert: Alert): Promise<void> {
  const now = Date.now();
  const chosen = labelsOf(alert).filter(([name]) => input(form, `label-${name}`).checked);
  await send(form, async (token) => {
    await api.silence(
      {
        matchers: chosen.map(([name, value]) => ({ name, value, isRegex: false, isEqual: true })),
        startsAt: new Date(now).toISOString(),
        endsAt: new Date(now + Number(input(form, "hours").value) * 3_600_000).toISOString(),
        createdBy: input(form, "author").value,
        comment: input(form, "comment").value,
        untilResolved: input(form, "until-resolved").checked,
      },
      token,
    );
    location.hash = alertHref(alert.fingerprint);
    return "";
  });
}

// Built once: what is typed is the user's, whatever comes from the collector meanwhile.
function silenceForm(alert: Alert): Child {
  return kept(`silence-${alert.fingerprint}`, "silence", (element) => {
    if (element.childElementCount > 0) return;
    element.append(
      h(
        "form",
        {
          onsubmit: (event) => {
            event.preventDefault();
            void submit(element, alert);
          },
        },
        h(
          "fieldset",
          {},
          h("legend", {}, "Matchers"),
          labelsOf(alert).map(([name, value]) =>
            h("label", { class: "check" }, h("input", { type: "checkbox", name: `label-${name}`, checked: true }), ` ${name} = ${value}`),
          ),
        ),
        field("Duration", h("select", { name: "hours" }, durations.map(([words, hours]) => h("option", { value: hours, selected: hours === 4 }, words)))),
        h("label", { class: "check" }, h("input", { type: "checkbox", name: "until-resolved" }), " End it when the alert resolves"),
        field("Created by", h("input", { name: "author", required: true, autocomplete: "name" })),
        field("Comment", h("input", { name: "comment", required: true })),
        tokenField(),
        h("button", { class: "button", type: "submit" }, "Silence"),
        h("p", { class: "said muted", role: "status" }),
      ),
    );
  });
}

function expire(silence: Silence): void {
  api.expire(silence.id, sessionStorage.getItem(writeTokenKey) ?? "").then(
    () => window.dispatchEvent(new HashChangeEvent("hashchange")),
    (error: unknown) => window.alert(error instanceof Error ? error.message : "the collector does not answer"),
  );
}

function silenceRow(silence: Silence, context: Context): Child {
  return h(
    "li",
    { "data-key": silence.id },
    `${silence.matchers.map((m) => `${m.name}${m.isEqual ? "=" : "!"}${m.isRegex ? "~" : m.isEqual ? "" : "="}"${m.value}"`).join(", ")} · ${silence.comment} · ${silence.createdBy}, since `,
    ago(silence.startsAt, context),
    `, until ${silence.untilResolved ? "it resolves, at the latest " : ""}${new Date(silence.endsAt).toLocaleString()} `,
    h("button", { class: "button", onclick: () => expire(silence) }, "Expire"),
  );
}

export const alert = view({
  title: (route) => (route.id.endsWith(silencing) ? "Silence" : "Alert"),
  load: async (route, signal) => {
    const [list, silences] = await Promise.all([
      api.alerts({ fingerprint: fingerprintOf(route) }, signal),
      api.silences(signal).catch(() => [] as Silence[]),
    ]);
    return { at: list.at, cluster: list.cluster, alert: list.items[0], silences };
  },
  draw: ({ alert, silences }, context) => {
    if (!alert) return nothing("No such alert: it may have been resolved more than a day ago.");
    const muting = silences.filter((one) => one.status.state === "active" && alert.deliveries.some((line) => line.includes(one.id)));
    return h(
      "div",
      {},
      panel("Alert", alertCard(alert, context)),
      muting.length > 0 && panel("Silenced by", h("ul", { class: "silences" }, muting.map((one) => silenceRow(one, context)))),
      context.route.id.endsWith(silencing)
        ? panel("New silence", silenceForm(alert))
        : h("p", {}, h("a", { class: "button", href: `${alertHref(alert.fingerprint)}${silencing}` }, "Silence…")),
    );
  },
});
