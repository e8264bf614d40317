// What the API answers, by the names that the page has for it. Its types are made of openapi.yaml, which says what each
// field means.
import type { components, paths } from "./openapi";

type Schemas = components["schemas"];
type Answer<Path extends keyof paths> = paths[Path] extends {
  get: { responses: { 200: { content: { "application/json": infer Body } } } };
}
  ? Body
  : never;

export interface List<T> {
  at: string;
  cluster: string;
  total: number;
  offset: number;
  items: T[];
}

export type Pressure = Schemas["Pressure"];
export type Node = Schemas["Node"];
export type Signal = Node["signals"][number];
export type Advice = Schemas["Advice"];
export type Recommendation = Schemas["Recommendation"];
export type Container = Schemas["Container"];
export type History = NonNullable<Container["history"]>;
export type Workload = Schemas["Workload"];
export type Saving = Schemas["Saving"];
export type AdvisedContainer = Schemas["AdvisedContainer"];
export type Alert = Schemas["Alert"];
export type Happening = Schemas["Happening"];
export type Repair = Schemas["Repair"];
export interface Repairs extends List<Repair> {
  stand_by: string;
}
export type Story = Schemas["Story"];
export type Summary = Schemas["Summary"];
export type CollectorState = Answer<"/api/v1/collector">;
export type WorkloadDetail = Answer<"/api/v1/workloads/{id}">;
export type NodeDetail = Answer<"/api/v1/nodes/{name}">;

// As Alertmanager's API has it.
export interface NewSilence {
  matchers: { name: string; value: string; isRegex: boolean; isEqual: boolean }[];
  startsAt: string;
  endsAt: string;
  createdBy: string;
  comment: string;
  untilResolved?: boolean;
}

export interface Silence extends NewSilence {
  id: string;
  status: { state: "pending" | "active" | "expired" };
}
