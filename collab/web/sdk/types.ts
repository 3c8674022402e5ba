import type { TextOp } from "ot-text-unicode";
import type * as wire from "./wire";

export type {
  Author,
  BandJoined,
  BatchUpdate,
  Checkpoint,
  ContentUpdated,
  Difference,
  Dropped,
  FieldChange,
  FileProblem,
  Focus,
  ImportedSong,
  ImportPreview,
  Kind,
  Overwrite,
  Part,
  Presence,
  PresenceUpdated,
  Session,
  Summary,
  User,
  UserJoined,
  UserLeft,
} from "./wire";

/** A JSON value; `null` means that a field is not set. */
export type Value = unknown;
export type Fields = Readonly<Record<string, Value>>;
export type Delta = TextOp;
export type Role = wire.BandJoined["role"];

/** What a kind says of one field: the form of its values, and their limits. */
export type FieldType = wire.Kind["fields"][string];
export type FieldTypes = Readonly<Record<string, FieldType>>;

export interface Item extends wire.WireItem {
  readonly fields: Fields;
}

export type SetOp = wire.WireSet;
export type MoveOp = wire.WireMove;
export type RemoveOp = wire.WireRemove;
export type InsertOp = Omit<wire.WireInsert, "item"> & { item: Item };
export type TextOpOf = Omit<wire.WireText, "delta"> & { delta: Delta };
export type Op = SetOp | InsertOp | MoveOp | RemoveOp | TextOpOf;

export type DocumentJson = Omit<wire.Document, "items"> & { items: Item[] };
export type Edit = Omit<wire.Edit, "ops"> & { ops: Op[] };
export type EditAnswer = Omit<wire.EditAnswer, "ops"> & { ops: Op[] };
export type Failed = wire.Failed;
export type Problem = wire.Problem;

/** What `join_room` of a content and `request_update` bring: the whole document, or the edits since a version. */
export interface Catchup {
  content?: DocumentJson | null;
  last_edit?: string | null;
  version?: number | null;
  edits?: Edit[] | null;
}
export type ContentJoined = Omit<wire.ContentJoined, keyof Catchup> & Catchup;

export interface Band {
  id: string;
  name: string;
  role: Role;
  /** Out of the way; all works in it as before. */
  is_archived: boolean;
}

/** What a list shows of a content: its own fields but long texts, how many items, and the seconds that they take. */
export interface Brief {
  id: string;
  version: number;
  fields: Fields;
  items: number;
  duration: number;
}

/** Somebody who is online, with the room that each of their sessions is in. */
export interface Person {
  user: wire.User;
  sessions: (wire.Presence & { room: string })[];
}

/** A few fields of every item of a content, in order. */
export interface Outline {
  id: string;
  kind: string;
  version: number;
  items: Pick<Item, "id" | "type" | "fields">[];
  /** The server tells by it whether the outline has changed. */
  etag: string;
}

/** What becomes of a song that the repertoire has: the file's values replace ours, ours stay, the file's fill what is
 * empty here, or there are two songs. */
export type Policy = "theirs" | "ours" | "empty" | "both";

/** What came of an import; of one that still runs, only what was not understood. */
export interface ImportResult {
  status?: "completed" | "error" | "cancelled";
  message?: string;
  added?: number;
  updated?: number;
  unchanged?: number;
  problems: wire.FileProblem[];
  problem_count: number;
  lost_count: number;
  remarks: wire.FileProblem[];
}

export interface Job extends Omit<wire.Job, "result"> {
  result: ImportResult;
}

export type ExportFormat = "json" | "csv" | "chordpro" | "html";
