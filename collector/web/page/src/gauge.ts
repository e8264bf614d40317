// The load line: use as a bar, and where request, limit and recommended target lie on the same scale.

import { svg, type Child } from "./dom";

export interface Load {
  used: number;
  request: number | null;
  limit: number | null;
  target: number | null;
  whole?: number; // where the bar ends; without it, at the largest of all
}

// A scale on which all of it is seen.
function top(load: Load): number {
  if (load.whole) return load.whole;
  return Math.max(load.used, load.request ?? 0, load.limit ?? 0, load.target ?? 0) * 1.04 || 1;
}

export function gauge(load: Load, label: string, tone: string): Child {
  const full = top(load);
  const x = (value: number): number => Math.min(100, (value / full) * 100);
  const mark = (value: number | null, name: string): Child =>
    value !== null && svg("line", { class: `mark ${name}`, x1: x(value), x2: x(value), y1: 1, y2: 12 });
  return svg(
    "svg",
    { class: `gauge ${tone}`, viewBox: "0 0 100 12", preserveAspectRatio: "none", role: "img", "aria-label": label },
    svg("rect", { class: "track", x: 0, y: 4, width: 100, height: 4, rx: 1 }),
    svg("rect", { class: "used", x: 0, y: 4, width: Math.max(0.6, x(load.used)), height: 4, rx: 1 }),
    mark(load.request, "request"),
    mark(load.limit, "limit"),
    mark(load.target, "target"),
  );
}

// The shape of the last minutes; the level is the gauge's business.
export function spark(points: number[], label: string): Child {
  if (points.length < 2) return svg("svg", { class: "spark", viewBox: "0 0 100 24" });
  const high = Math.max(...points) * 1.1 || 1;
  const at = points.map((value, i) => {
    const x = (i / (points.length - 1)) * 100;
    return `${x.toFixed(1)} ${(23 - (value / high) * 22).toFixed(1)}`;
  });
  return svg(
    "svg",
    { class: "spark", viewBox: "0 0 100 24", preserveAspectRatio: "none", role: "img", "aria-label": label },
    svg("path", { class: "area", d: `M0 24L${at.join("L")}L100 24Z` }),
    svg("path", { class: "line", d: `M${at.join("L")}` }),
  );
}
