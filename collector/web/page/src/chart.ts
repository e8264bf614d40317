// Charts of a container's history: use against request, limit and recommended target.

import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";

import { kept } from "./dom";
import { clock, hoursAndMinutes } from "./format";

export interface ChartLine {
  name: string;
  value: number;
  color: string; // a custom property of the style sheet
}

export interface ChartData {
  key: string;
  seconds: number[];
  values: number[];
  name: string;
  color: string;
  lines: ChartLine[];
  format: (value: number) => string;
  binary?: boolean; // the scale's steps are powers of two: bytes
  ceiling?: number; // the scale ends here, whatever the values are
  height?: number;
}

interface Drawn {
  plot: uPlot;
  shape: string;
  width: number;
}

const powersOfTwo = Array.from({ length: 50 }, (_, exponent) => 2 ** exponent);

const drawn = new WeakMap<HTMLElement, Drawn>();

function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

// When colours, lines or width are others, the chart is made anew; otherwise only its data changes.
function shapeOf(data: ChartData): string {
  const lines = data.lines.map((line) => `${line.name}=${line.value}`).join();
  return `${data.name} ${lines} ${token("--scheme")}`;
}

function columns(data: ChartData): uPlot.AlignedData {
  return [data.seconds, data.values, ...data.lines.map((line) => data.seconds.map(() => line.value))];
}

// Less than a minute apart.
function closer(ticks: number[]): boolean {
  return ticks.length > 1 && (ticks[1] ?? 0) - (ticks[0] ?? 0) < 60;
}

function options(data: ChartData, width: number): uPlot.Options {
  const axis = { stroke: token("--muted"), grid: { stroke: token("--line"), width: 1 }, ticks: { show: false }, font: "11px system-ui" };
  const high = Math.max(...data.lines.map((line) => line.value), 0);
  return {
    width,
    height: data.height ?? 190,
    cursor: { sync: { key: "loadline" }, y: false, points: { size: 6 } },
    legend: { live: true },
    scales: {
      x: { time: true },
      y: {
        range: (_, __, max) => [0, data.ceiling ?? (Math.max(high, max ?? 0) * 1.1 || 1)],
      },
    },
    axes: [
      { ...axis, space: 70, size: 30, values: (_, ticks) => ticks.map(closer(ticks) ? (tick) => clock(tick * 1000) : hoursAndMinutes) },
      { ...axis, size: 64, space: 34, ...(data.binary ? { incrs: powersOfTwo } : {}), values: (_, ticks) => ticks.map((tick) => data.format(tick)) },
    ],
    series: [
      { label: "Time", value: (plot, at) => clock((at ?? plot.data[0].at(-1) ?? 0) * 1000) },
      {
        label: data.name,
        stroke: token(data.color),
        fill: `${token(data.color)}22`,
        width: 1.75,
        points: { show: false },
        // Where no cursor is, the legend tells of the latest point.
        value: (plot, value, series) => data.format(value ?? plot.data[series]?.at(-1) ?? 0),
      },
      ...data.lines.map((line) => ({
        label: line.name,
        stroke: token(line.color),
        width: 1.5,
        dash: line.name === "recommended" ? [] : [5, 4],
        points: { show: false },
        value: () => data.format(line.value),
      })),
    ],
  };
}

export function chart(data: ChartData): HTMLElement {
  return kept(data.key, "chart", (element) => {
    const width = Math.max(220, Math.floor(element.clientWidth));
    const shape = shapeOf(data);
    const before = drawn.get(element);
    if (before && before.shape === shape) {
      if (before.width !== width) before.plot.setSize({ width, height: data.height ?? 190 });
      before.width = width;
      before.plot.setData(columns(data));
      return;
    }
    before?.plot.destroy();
    drawn.set(element, { plot: new uPlot(options(data, width), columns(data), element), shape, width });
  });
}
