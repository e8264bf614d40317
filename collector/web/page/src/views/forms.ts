// What the forms have in common with which people change something.

import { h, type Child } from "../dom";

// Of the session's storage: the token of those who may write.
export const writeTokenKey = "loadline-write-token";

export function field(name: string, control: Child): HTMLElement {
  return h("label", { class: "field" }, h("span", {}, name), control);
}

export function input(form: HTMLElement, name: string): HTMLInputElement {
  return form.querySelector<HTMLInputElement>(`[name="${name}"]`)!;
}
