// The page: what the address says, kept up to date, and honest about how old it is.

import "./style.css";

import { Refused } from "./api";
import { h, render, svg, type Child } from "./dom";
import { clock, duration } from "./format";
import { Live } from "./live";
import { nothing } from "./parts";
import { currentRoute, type Route } from "./route";
import { signIn } from "./sign_in";
import type { AnyView } from "./view";
import { alert } from "./views/alert";
import { alerts } from "./views/alerts";
import { collector } from "./views/collector";
import { node, nodes } from "./views/nodes";
import { overview } from "./views/overview";
import { recommendations } from "./views/recommendations";
import { workload } from "./views/workload";
import { workloads } from "./views/workloads";

interface Place {
  name: string;
  list: AnyView;
  one?: AnyView;
}

const places: Record<string, Place> = {
  "": { name: "Overview", list: overview },
  workloads: { name: "Workloads", list: workloads, one: workload },
  recommendations: { name: "Recommendations", list: recommendations },
  alerts: { name: "Alerts", list: alerts, one: alert },
  nodes: { name: "Nodes", list: nodes, one: node },
  collector: { name: "Collector", list: collector },
};

// A snapshot a minute old is still shown, but not without saying so.
const staleAfter = 60_000;
const refreshEvery = 2_000;

const app = document.getElementById("app")!;
const live = new Live({ changed: () => refresh(), connection: () => draw() });

let route: Route = currentRoute();
let shown: { key: string; data: unknown; at: string } | null = null;
let cluster = ""; // what it is called, as the last answer says
let refusal: string | null = null;
let locked: string | null = null; // why nobody may read before they have shown a token
let asking: AbortController | null = null;
let askedAt = 0;
let again = 0;

function viewOf(where: Route): AnyView | undefined {
  const place = places[where.page];
  return where.id ? place?.one : place?.list;
}

const keyOf = (where: Route): string => `${where.page}/${where.id}?${where.query.toString()}`;

// Asks for what the address says. Not more often than a person can follow, and not while nobody looks.
function refresh(now = false): void {
  window.clearTimeout(again);
  const wait = askedAt + refreshEvery - performance.now();
  if (!now && (document.hidden || asking)) return;
  if (!now && wait > 0) {
    again = window.setTimeout(() => refresh(), wait);
    return;
  }
  void ask(route);
}

async function ask(where: Route): Promise<void> {
  const view = viewOf(where);
  if (!view) return draw();
  asking?.abort();
  const mine = new AbortController();
  asking = mine;
  askedAt = performance.now();
  const timeout = window.setTimeout(() => mine.abort(), 10_000);
  try {
    const data = await view.load(where, mine.signal);
    if (asking !== mine) return;
    const { at, cluster: name } = data as { at: string; cluster: string };
    cluster = name;
    shown = { key: keyOf(where), data, at };
    refusal = null;
    locked = null;
    live.answered(true, at);
  } catch (error) {
    if (asking !== mine) return;
    if (error instanceof Refused) {
      const unknown = error.status === 401 || error.status === 403;
      locked = unknown ? error.message : null;
      refusal = unknown ? null : error.message;
      live.answered(true);
    } else {
      live.answered(false);
    }
  } finally {
    window.clearTimeout(timeout);
    if (asking === mine) asking = null;
  }
  draw();
}

function connectionWords(): Child {
  const words: Record<typeof live.state, [string, string, string]> = {
    connecting: ["quiet", "connecting", "The page is asking the collector for the first time."],
    live: ["good", "live", "The collector says at once when something is new."],
    polling: ["warn", "polling every 5 s", "The live stream is not available; the page polls every five seconds."],
    lost: ["bad", "disconnected", "The collector does not answer."],
  };
  const [tone, text, title] = words[live.state];
  return h("span", { class: `connection ${tone}`, title, role: "status" }, text);
}

function warning(): Child {
  if (live.state === "lost") {
    const since = live.heard > 0 ? ` for ${duration((Date.now() - live.heard) / 1000)}` : "";
    const old = shown ? ` What you see is from ${clock(shown.at)}.` : "";
    return h("div", { class: "warning bad", role: "alert" }, `The collector has not answered${since}.${old} Trying again…`);
  }
  const age = live.now() - live.snapshotAt;
  if (live.snapshotAt > 0 && age > staleAfter) {
    return h("div", { class: "warning warn", role: "alert" }, `Nothing new has come from the collector for ${duration(age / 1000)}: what you see may be old.`);
  }
  return null;
}

function mark(): Child {
  // The mark on a ship's hull: a ring, and the line that shows how deep she may lie.
  const ring = svg("circle", { cx: 16, cy: 16, r: 10 });
  const line = svg("path", { d: "M2.5 16h27" });
  return h("a", { class: "brand", href: "#/" }, svg("svg", { viewBox: "0 0 32 32", "aria-hidden": "true" }, ring, line), "Loadline", cluster !== "" && h("span", { class: "cluster", title: `The cluster is called ${cluster}.` }, cluster));
}

function content(): Child {
  const view = viewOf(route);
  if (!view) return nothing("There is no such page.");
  if (locked) return signIn(locked, signedIn);
  const fresh = shown !== null && shown.key === keyOf(route);
  if (refusal && !fresh) return nothing(refusal);
  // The same list with another filter keeps its rows until the new ones are here; nothing jumps.
  if (shown && shown.key.split("?")[0] === keyOf(route).split("?")[0]) {
    return h("div", { class: fresh ? "view" : "view old", "data-key": shown.key.split("?")[0] }, view.draw(shown.data, { route, now: live.now(), cluster }));
  }
  return h("p", { class: "nothing", "data-key": "waiting" }, live.state === "lost" ? "" : "…");
}

function signedIn(): void {
  live.signedIn();
  refresh(true);
}

// Moves the focus, not the page.
function skip(event: Event): void {
  event.preventDefault();
  document.getElementById("content")?.focus();
}

let countDigits = 0;

function draw(): void {
  const firing = live.summary?.alerts.firing ?? 0;
  // The cluster first: of a tab among many little more is seen.
  const names = [cluster, viewOf(route)?.title(route) ?? "", "Loadline"].filter((name) => name !== "");
  document.title = `${firing > 0 ? `(${firing}) ` : ""}${names.join(" · ")}`;
  render(
    app,
    h("a", { class: "skip", href: "#content", onclick: skip }, "To the content"),
    h(
      "header",
      { class: "top" },
      mark(),
      h(
        "nav",
        { "aria-label": "Pages" },
        Object.entries(places).map(([page, place]) =>
          h(
            "a",
            { href: `#/${page}`, "aria-current": page === route.page && "page" },
            place.name,
            page === "alerts" && firing > 0 && h("span", { class: "count" }, String(firing)),
          ),
        ),
      ),
      connectionWords(),
    ),
    warning(),
    h("main", { id: "content", tabindex: -1 }, content()),
  );
  // The count beside "Alerts" moves what stands behind it.
  const digits = firing > 0 ? String(firing).length : 0;
  if (digits !== countDigits) {
    countDigits = digits;
    showPlace();
  }
}

// On a phone the names of the pages do not all fit: the present one is to be seen.
function showPlace(): void {
  document.querySelector(".top nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
}

window.addEventListener("hashchange", () => {
  const before = `${route.page}/${route.id}`;
  route = currentRoute();
  refusal = null;
  if (before !== `${route.page}/${route.id}`) window.scrollTo(0, 0);
  draw();
  showPlace();
  refresh(true);
});

window.addEventListener("keydown", (event) => {
  const typing = event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement;
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) {
    const search = document.getElementById("search");
    if (search) event.preventDefault();
    search?.focus();
  }
  if (event.key === "Escape" && typing) event.target.blur();
});

window.addEventListener("resize", () => draw());
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => draw());
// Ages grow while nothing else happens.
window.setInterval(() => {
  if (!document.hidden) draw();
}, 5_000);

draw();
showPlace();
live.start();
refresh(true);
