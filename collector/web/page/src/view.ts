// A page of the page: what it asks the API for, and how it shows the answer.

import type { Child } from "./dom";
import type { Route } from "./route";

export interface Context {
  route: Route;
  now: number; // by the collector's clock
  cluster: string; // whose collector it is
}

export interface View<T> {
  title: (route: Route) => string;
  load: (route: Route, signal: AbortSignal) => Promise<T>;
  draw: (data: T, context: Context) => Child;
}

// Views of all kinds in one table: each one's data goes only to itself.
export interface AnyView {
  title: (route: Route) => string;
  load: (route: Route, signal: AbortSignal) => Promise<unknown>;
  draw: (data: unknown, context: Context) => Child;
}

export function view<T>(one: View<T>): AnyView {
  return { ...one, draw: (data, context) => one.draw(data as T, context) };
}
