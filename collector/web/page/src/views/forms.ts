// What the forms have in common with which people change something.

import { Refused } from "../api";
import { h, type Child } from "../dom";

// Of the session's storage: the token of those who may write.
export const writeTokenKey = "loadline-write-token";

export function field(name: string, control: Child): HTMLElement {
  return h("label", { class: "field" }, h("span", {}, name), control);
}

export function input(form: HTMLElement, name: string): HTMLInputElement {
  return form.querySelector<HTMLInputElement>(`[name="${name}"]`)!;
}

// Shown once the collector has asked for it: see send.
export function tokenField(): HTMLElement {
  const token = field("Write token", h("input", { type: "password", name: "token", autocomplete: "off", value: sessionStorage.getItem(writeTokenKey) ?? "" }));
  token.classList.add("token");
  token.toggleAttribute("hidden", true);
  return token;
}

// Has `change` made with the form's token, and says in the form how it went: what `change` gives, or why it was refused.
export async function send(form: HTMLElement, change: (token: string) => Promise<string>): Promise<void> {
  const said = form.querySelector(".said")!;
  const token = input(form, "token").value;
  said.textContent = "…";
  try {
    said.textContent = await change(token);
    if (token) sessionStorage.setItem(writeTokenKey, token);
  } catch (error) {
    const denied = error instanceof Refused && (error.status === 401 || error.status === 403);
    if (denied) form.querySelector(".token")!.removeAttribute("hidden");
    said.textContent = error instanceof Error ? error.message : "the collector does not answer";
  }
}
