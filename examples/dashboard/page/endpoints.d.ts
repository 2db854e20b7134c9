// Written by `cargo sockeye types`, from the endpoints of the program. Changes are lost.
import type * as $sockeye from "./sockeye.js";

export type Decision = "pending" | "approved" | "rejected";

/** The first message on each connection. */
export type Established = {
  /** In words. */
  connected_to: string;
  endpoint: string;
  /** The last event until now: what comes is behind it, unless the client has asked for more. */
  last: EventPosition;
  type: "connection_established";
};

/** Where an event is in the order of all events. A text on the wire: `sockeye-client` sends it back as it is. */
export type EventPosition = string;

export type Finding = {
  check: string;
  line: number;
  message: string;
};

/** Events are gone. `sockeye-client` makes an event `gap` of it. */
export type Gap = {
  /** How many, if that is known. */
  missed: number | null;
  position?: Position;
  sockeye: "gap";
};

/** Events are missing here. `sockeye-client` makes an event `gap` of it. */
export type Gap2 = {
  missed?: number | null;
  /** Where the stream goes on: what was before has to be read anew. */
  position?: EventPosition | null;
  sockeye: "gap";
};

/** Which records of the program's log a client wants. */
export type LogFilter = {
  /** Records of this level, and of more important ones. */
  level?: "ERROR" | "WARN" | "INFO" | "DEBUG" | "TRACE";
  /** The beginning of the target; empty for all. */
  target?: string;
};

/** One event of the program's log. */
export type LogRecord = {
  /** The event's other fields. */
  fields: Record<string, unknown>;
  level: "ERROR" | "WARN" | "INFO" | "DEBUG" | "TRACE";
  message: string;
  /** The spans that it happened in, from the outermost to the innermost. */
  spans: SpanRecord[];
  /** The path of the module, unless the event sets another target. */
  target: string;
  /** Milliseconds since the beginning of 1970 (UTC). */
  time: number;
};

/** This client was too slow for so many records. */
export type Missed = {
  missed: number;
  sockeye: "gap";
};

/** A record with its place in the log. */
export type Placed = {
  /** As the hub has written it. */
  event: LogRecord;
  position: Position;
};

/** A place between two events. Clients send it back as it is. */
export type Position = string;

/** A line that should be written differently. */
export type Recommendation = {
  current: string;
  file: string;
  id: number;
  line: number;
  proposed: string;
  status: RecommendationStatus;
  validation_id: number;
  workflow_id: number;
};

export type RecommendationStatus = "pending" | "approved" | "rejected" | "applied";

/** An event with its place and its time. */
export type Recorded = {
  event: Timed;
  position: EventPosition;
};

/** What is said about the connection. */
export type Said = {
  connected_to: string;
  endpoint: string;
  filter: LogFilter;
  type: "connection_established";
} | {
  filter: LogFilter;
  type: "filter_set";
};

/** A span that an event happened in. */
export type SpanRecord = {
  fields: Record<string, unknown>;
  name: string;
};

export type Status = "pending" | "running" | "completed" | "failed";

/** `at` is in milliseconds since the beginning of 1970 (UTC). */
export type Timed = {
  at: number;
} & ({
  type: "workflow_created";
  workflow: Workflow;
} | {
  type: "workflow_started";
  workflow_id: number;
} | {
  done: number;
  percent: number;
  step: number;
  task: string;
  total: number;
  type: "workflow_progress";
  workflow_id: number;
} | {
  type: "workflow_completed";
  workflow_id: number;
} | {
  reason: string;
  type: "workflow_failed";
  workflow_id: number;
} | {
  type: "validation_created";
  validation: Validation;
  workflow_id: number;
} | {
  findings: Finding[];
  type: "validation_enhanced";
  validation_id: number;
  workflow_id: number;
} | {
  type: "validation_approved";
  validation_id: number;
  workflow_id: number;
} | {
  type: "validation_rejected";
  validation_id: number;
  workflow_id: number;
} | {
  recommendation: Recommendation;
  type: "recommendation_created";
  workflow_id: number;
} | {
  recommendation_id: number;
  type: "recommendation_approved";
  workflow_id: number;
} | {
  recommendation_id: number;
  type: "recommendation_rejected";
  workflow_id: number;
} | {
  recommendation_id: number;
  type: "recommendation_applied";
  workflow_id: number;
});

/** What goes over the socket. */
export type Told = Said | Gap | Missed | Placed;

/** What goes over the sockets of events. */
export type Update = Established | Recorded | Gap2;

/** What was found in one file, for a person to approve (it is as it should be) or reject (it has to be corrected). */
export type Validation = {
  file: string;
  findings: Finding[];
  id: number;
  status: Decision;
  workflow_id: number;
};

/** One batch: all Markdown files of a directory. */
export type Workflow = {
  /** Milliseconds since the beginning of 1970 (UTC). */
  created_at: number;
  /** Relative to the directory that the dashboard was started for; `.` is all of it. */
  directory: string;
  /** How many files are done in this step, of `total`. */
  done: number;
  findings: number;
  finished_at: number | null;
  /** How many files have findings. */
  flagged: number;
  id: number;
  percent: number;
  /** Why it failed. */
  reason: string | null;
  started_at: number | null;
  status: Status;
  /** How many steps are done, of `steps`. */
  step: number;
  steps: number;
  task: string | null;
  total: number;
};

/** The options of `sockeye-client`, and where the endpoint is. */
export type $Options<In, Out, Query = Record<string, string>> = $sockeye.Options<In, Out> & {
  /** The origin of the server, such as `https://app.example.com`, if the page has another one. */
  base?: string | URL;
  /** The query of the address. */
  query?: Query;
};

/** An event without the position that it came with: `resume: true` takes it off. */
export type $Resumed<Message> = Message extends { position: string; event: infer Event } ? Event : Message;

/** Messages without those that `sockeye-client` keeps for itself. */
export type $Told<Message> = Message extends { sockeye: unknown } ? never : Message;

/** Streams the program's own log: the last records first, or those behind `?position=`. */
export function logs(options: $Options<$Told<$Resumed<Told>>, LogFilter> & { resume: true }): $sockeye.SockeyeSocket<$Told<$Resumed<Told>>, LogFilter>;
/** Streams the program's own log: the last records first, or those behind `?position=`. */
export function logs(options?: $Options<$Told<Told>, LogFilter>): $sockeye.SockeyeSocket<$Told<Told>, LogFilter>;

/** Streams what happens in all workflows. */
export function validationUpdates(options: $Options<$Told<$Resumed<Update>>, unknown, { position?: EventPosition }> & { resume: true }): $sockeye.SockeyeSocket<$Told<$Resumed<Update>>, unknown>;
/** Streams what happens in all workflows. */
export function validationUpdates(options?: $Options<$Told<Update>, unknown, { position?: EventPosition }>): $sockeye.SockeyeSocket<$Told<Update>, unknown>;

/** Streams what happens in one workflow. */
export function workflow(parameters: { id: number | bigint }, options: $Options<$Told<$Resumed<Update>>, unknown, { position?: EventPosition }> & { resume: true }): $sockeye.SockeyeSocket<$Told<$Resumed<Update>>, unknown>;
/** Streams what happens in one workflow. */
export function workflow(parameters: { id: number | bigint }, options?: $Options<$Told<Update>, unknown, { position?: EventPosition }>): $sockeye.SockeyeSocket<$Told<Update>, unknown>;
