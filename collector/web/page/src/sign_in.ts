// The form for a collector that shows nothing to those who show no token.

import { h, kept, type Child } from "./dom";
import { session } from "./session";

export function signIn(why: string, done: () => void): Child {
  return h(
    "div",
    { class: "view", "data-key": "sign-in" },
    h("h1", {}, "Sign in"),
    h("p", { class: "muted", role: "status" }, `The collector says: ${why}.`),
    // Built once: what is typed stays while the page goes on asking.
    kept("sign-in-form", "silence", (element) => {
      if (element.childElementCount > 0) return;
      const token = h("input", { type: "password", name: "token", autocomplete: "off", required: true }) as HTMLInputElement;
      element.append(
        h(
          "form",
          {
            onsubmit: (event) => {
              event.preventDefault();
              session.keep(token.value.trim());
              done();
            },
          },
          h("label", { class: "field" }, h("span", {}, "Token for reading"), token),
          h("button", { class: "button", type: "submit" }, "Sign in"),
          h("p", { class: "muted" }, "It is kept in this tab until the tab is closed."),
        ),
      );
    }),
  );
}
