// Nodes that something is done about, or would be; and the decision about a step that asks for it.

import { api } from "../api";
import { h, kept, type Child } from "../dom";
import { ago, badge, panel } from "../parts";
import { nodeHref } from "../route";
import type { Repair } from "../types";
import type { Context } from "../view";
import { field, input, send, tokenField } from "./forms";

const tones: Record<string, string> = { asked: "warn", failed: "bad", unclear: "bad", done: "good", approved: "good", ordered: "warn" };

async function decide(form: HTMLElement, repair: Repair, approve: boolean): Promise<void> {
  const by = input(form, "by");
  if (!by.reportValidity()) return;
  await send(form, async (token) => {
    await api.decide(approve ? "approve" : "refuse", repair.id, by.value, token);
    return approve ? "Approved." : "Refused: the node is yours.";
  });
}

// Built once: what is typed is the user's, whatever comes from the collector meanwhile.
function decision(repair: Repair): Child {
  return kept(`repair-${repair.id}`, "decision", (element) => {
    if (element.childElementCount > 0) return;
    element.append(
      h(
        "form",
        {
          onsubmit: (event) => {
            event.preventDefault();
            void decide(element, repair, true);
          },
        },
        field("Decided by", h("input", { name: "by", required: true, autocomplete: "name" })),
        tokenField(),
        h("button", { class: "button", type: "submit" }, `Approve: ${repair.step} ${repair.node}`),
        h("button", { class: "button", type: "button", onclick: () => void decide(element, repair, false) }, "Refuse"),
        h("p", { class: "said muted", role: "status" }),
      ),
    );
  });
}

function row(repair: Repair, context: Context): Child {
  const asks = repair.state === "asked" && repair.mode === "ask" && !repair.closed;
  return h(
    "tr",
    { "data-key": repair.id || repair.node },
    h("td", { class: "first" }, h("a", { class: "strong", href: nodeHref(repair.node) }, repair.node), h("span", { class: "muted" }, ` ${repair.trouble} · ${repair.mode}`)),
    h("td", { "data-name": "Step" }, repair.step || "–"),
    h("td", { "data-name": "State" }, badge(repair.closed ? "over" : repair.needs_person ? "needs a person" : repair.state, repair.closed ? "quiet" : repair.needs_person ? "bad" : (tones[repair.state] ?? "quiet")), " ", h("span", { class: "muted" }, ago(repair.since, context))),
    h("td", { "data-name": "Why" }, repair.reason, repair.detail && h("p", { class: "muted" }, repair.detail), repair.held && !repair.closed && !asks && h("p", { class: "muted" }, `Held back: ${repair.held}`), asks && decision(repair)),
  );
}

// With nothing to repair, too, it is said that this collector would not.
export function repairsPanel(repairs: Repair[], standBy: string, context: Context): Child {
  if (repairs.length === 0 && !standBy) return null;
  return panel(
    "Repairs",
    standBy && h("p", { class: "muted" }, `This collector stands by: ${standBy}.`),
    repairs.length > 0 && h(
      "table",
      { class: "repairs" },
      h("thead", {}, h("tr", {}, ["Node", "Step", "State", "Why"].map((name) => h("th", { scope: "col" }, name)))),
      h("tbody", {}, repairs.map((repair) => row(repair, context))),
    ),
  );
}
