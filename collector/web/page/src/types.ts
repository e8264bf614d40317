// What the API answers; openapi.yaml says what each field means.

export interface List<T> {
  at: string;
  total: number;
  offset: number;
  items: T[];
}

export interface Pressure {
  cpu: number;
  memory: number;
  io: number;
}

export interface Signal {
  signal: string;
  rung: string;
  why: string;
}

export interface Node {
  name: string;
  pool: string;
  zone: string;
  instance_type: string;
  state: "ready" | "stale" | "silent";
  state_reason: string;
  agent_version: string;
  kernel_version: string;
  first_seen: string;
  last_seen: string;
  capacity: { cpu_millicores: number; memory_bytes: number };
  cpu_used_cores: number;
  memory_used_bytes: number;
  pressure: Pressure;
  containers: number;
  signals: Signal[];
  losses: Record<string, number>;
  missing_records: number;
  refused: Record<string, number>;
  waiting_bytes: number;
  agent: { cpu_share: number; rss_bytes: number };
  disks: { path: string; free_bytes: number; total_bytes: number; read_only: boolean }[];
}

export interface Advice {
  lower: number;
  target: number;
  upper: number;
  uncapped: number;
  current_request: number | null;
  current_limit: number | null;
  reason: string;
}

export interface Recommendation {
  algorithm: string;
  cpu_millicores: Advice;
  memory_bytes: Advice;
  confidence_days: number;
  history_seconds: number;
  samples: number;
  oom_kills: number;
  saving_per_month: number | null;
  currency: string;
  startup_boost: { cpu_millicores: number; factor: number; duration_seconds: number } | null;
  node_classes: { node_class: string; replicas: number; cpu_millicores: Advice; memory_bytes: Advice }[];
  outliers: { node: string; cgroup: string; pod: string; resource: "cpu" | "memory"; times_the_median: number; killed: boolean; times_the_others: number }[];
  notes: string[];
}

export interface History {
  at_ms: number[];
  cpu_cores: number[];
  memory_bytes: number[];
  throttled_share: number[];
}

export interface Container {
  name: string;
  replicas: number;
  cpu_cores: number;
  cpu_request_millicores: number | null;
  cpu_limit_millicores: number | null;
  memory_working_set_bytes: number;
  memory_peak_bytes: number;
  memory_request_bytes: number | null;
  memory_limit_bytes: number | null;
  throttled_share: number;
  throttled_seconds: number;
  longest_throttle_seconds: number;
  run_queue_wait_seconds: number;
  pressure: Pressure;
  oom_kills: number;
  totals: { periods: number; throttled_periods: number; throttled_seconds: number; cpu_seconds: number };
  recommendation: Recommendation | null;
  history?: History;
}

export interface Workload {
  id: string;
  namespace: string;
  kind: string;
  name: string;
  nodes: string[];
  last_seen: string;
  containers: Container[];
}

export interface Saving {
  cpu_millicores: number;
  memory_bytes: number;
}

export interface AdvisedContainer {
  workload: string;
  namespace: string;
  kind: string;
  name: string;
  container: string;
  replicas: number;
  saving: Saving;
  recommendation: Recommendation;
}

export interface Alert {
  fingerprint: string;
  rule: string;
  severity: string;
  state: "pending" | "firing" | "resolved";
  labels: Record<string, string>;
  summary: string;
  reason: string;
  runbook_url: string;
  since: string;
  fired: string | null;
  resolved: string | null;
  occurrences: number;
  deliveries: string[];
}

// As Alertmanager's API has it.
export interface NewSilence {
  matchers: { name: string; value: string; isRegex: boolean; isEqual: boolean }[];
  startsAt: string;
  endsAt: string;
  createdBy: string;
  comment: string;
}

export interface Silence extends NewSilence {
  id: string;
  status: { state: "pending" | "active" | "expired" };
}

export interface Happening {
  at: string;
  kind: string;
  workload: string;
  node: string;
  text: string;
}

export interface Story {
  id: string;
  kind: "eviction" | "oom_kill";
  at: string;
  last: string;
  times: number;
  node: string;
  workload: string;
  namespace: string;
  pod: string;
  container: string;
  why: string;
  cause: { workload: string; container: string; text: string };
  evidence: { at: string; source: string; text: string }[];
}

export interface Summary {
  nodes: { ready: number; stale: number; silent: number };
  workloads: number;
  containers: number;
  recommendations: number;
  saving: Saving;
  alerts: { firing: number; pending: number; resolved: number };
}

export interface CollectorState {
  at: string;
  summary: Summary;
  collector: {
    version: string;
    started: string;
    records_committed: number;
    records_duplicate: number;
    container_samples: number;
    rejected_frames: Record<string, number>;
    agent_connections: number;
    refused_connections: { address: string; reason: string; count: number }[];
    hellos_too_soon: number;
    ended_sessions: number;
    queue_refused: number;
    alerts_refused: number;
    store: { writable: boolean; error: string; bytes: number; set_aside: string };
    recommend_pass_seconds: number;
    receivers: { name: string; delivered: number; retried: number; refused: number; waiting: number; failing: number; last_failure: string; paused_until: string | null; waiting_since: string | null }[];
  };
}

export interface WorkloadDetail {
  at: string;
  workload: Workload;
  alerts: Alert[];
  apply: { phase: string; reason: string } | null;
  happenings: Happening[];
}
