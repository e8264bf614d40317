// Elements from expressions, and a view laid over the one that is shown: what did not change stays, with its
// focus, its selection and its scroll position.

export type Child = Node | string | number | null | undefined | false | Child[];

type Handler = (event: Event) => void;
type Attributes = Record<string, string | number | boolean | null | undefined | Handler>;

// Lives in a view over many renderings; `update` is called with the element that is in the page.
export type Kept = HTMLElement & { update?: (element: HTMLElement) => void };

const handlers = ["onclick", "oninput", "onchange", "onkeydown", "onsubmit"] as const;
const svgNamespace = "http://www.w3.org/2000/svg";

export function h(tag: string, attributes: Attributes = {}, ...children: Child[]): HTMLElement {
  return fill(document.createElement(tag), attributes, children);
}

export function svg(tag: string, attributes: Attributes = {}, ...children: Child[]): SVGElement {
  return fill(document.createElementNS(svgNamespace, tag) as SVGElement, attributes, children);
}

// An element that other code draws into: a chart.
export function kept(key: string, className: string, update: (element: HTMLElement) => void): HTMLElement {
  const element: Kept = h("div", { class: className, "data-keep": key });
  element.update = update;
  return element;
}

function fill<E extends HTMLElement | SVGElement>(element: E, attributes: Attributes, children: Child[]): E {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") {
      (element as unknown as Record<string, Handler>)[name] = value;
    } else if (value !== null && value !== undefined && value !== false) {
      element.setAttribute(name, value === true ? "" : String(value));
    }
  }
  append(element, children);
  return element;
}

function append(element: Element, children: Child[]): void {
  for (const child of children) {
    if (Array.isArray(child)) append(element, child);
    else if (child instanceof Node) element.append(child);
    else if (child !== null && child !== undefined && child !== false) element.append(String(child));
  }
}

// Makes `root` contain exactly `children`, changing as little as possible.
export function render(root: Element, ...children: Child[]): void {
  const wanted = document.createElement("div");
  append(wanted, children);
  morphChildren(root, wanted);
  for (const element of root.querySelectorAll<Kept>("[data-keep]")) element.update?.(element);
}

function keyOf(node: Node | null): string | null {
  return node instanceof Element ? (node.getAttribute("data-key") ?? node.getAttribute("data-keep")) : null;
}

function alike(a: Node, b: Node): boolean {
  return a.nodeName === b.nodeName && keyOf(a) === keyOf(b);
}

function morphChildren(old: Element, wanted: Element): void {
  const byKey = new Map<string, ChildNode>();
  for (const child of old.childNodes) {
    const key = keyOf(child);
    if (key !== null) byKey.set(key, child);
  }
  let here: ChildNode | null = old.firstChild;
  for (const next of Array.from(wanted.childNodes)) {
    const key = keyOf(next);
    const same: ChildNode | null | undefined = key === null ? here : byKey.get(key);
    if (same && alike(same, next)) {
      if (same === here) here = here.nextSibling;
      else old.insertBefore(same, here);
      morph(same, next);
    } else {
      old.insertBefore(next, here);
    }
  }
  while (here) {
    const gone = here;
    here = here.nextSibling;
    gone.remove();
  }
}

function morph(old: Node, wanted: Node): void {
  if (!(old instanceof Element) || !(wanted instanceof Element)) {
    if (old.nodeValue !== wanted.nodeValue) old.nodeValue = wanted.nodeValue;
    return;
  }
  morphAttributes(old, wanted);
  for (const name of handlers) {
    (old as unknown as Record<string, unknown>)[name] = (wanted as unknown as Record<string, unknown>)[name];
  }
  if (old.hasAttribute("data-keep")) {
    (old as Kept).update = (wanted as Kept).update;
    return;
  }
  // What is being typed or chosen is the user's.
  if (old === document.activeElement && (old instanceof HTMLInputElement || old instanceof HTMLSelectElement)) return;
  if (old instanceof HTMLInputElement && wanted instanceof HTMLInputElement) old.value = wanted.value;
  morphChildren(old, wanted);
  if (old instanceof HTMLSelectElement && wanted instanceof HTMLSelectElement) old.value = wanted.value;
}

function morphAttributes(old: Element, wanted: Element): void {
  for (const { name } of Array.from(old.attributes)) {
    // A <details> that the user opened stays open.
    if (!wanted.hasAttribute(name) && name !== "open") old.removeAttribute(name);
  }
  for (const { name, value } of Array.from(wanted.attributes)) {
    if (name !== "open" && old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
}
