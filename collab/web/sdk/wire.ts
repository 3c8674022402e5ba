// Made from the wire models by `uv run poe wire-types`; edit those instead.

/**
 * Places count from 1.
 */
export interface Added {
  item: string | null;
  type: string | null;
  title: string | null;
  author: Author | null;
  version: number | null;
  change: "added";
  to: number;
  fields: {
    [k: string]: unknown;
  };
}
export interface Author {
  id: string;
  name: string;
}
export interface Authenticate {
  token: string;
}
export interface Authenticated {
  ok: true;
  user: User;
  expires_at: string;
}
export interface User {
  id: string;
  name: string;
  color: string;
}
export interface BandJoined {
  ok: true;
  room: string;
  role: "owner" | "editor" | "viewer";
  roster: Presence[];
  contents: Summary[];
}
export interface Presence {
  session_id: string;
  user: User;
  status: "active" | "idle";
  focus: Focus | null;
  joined_at: string;
  last_seen: string;
}
export interface Focus {
  item?: string | null;
  field?: string | null;
  anchor?: number | null;
  head?: number | null;
  lead?: boolean | null;
}
export interface Summary {
  id: string;
  kind: string;
  title: string;
  version: number;
  updated_at: string;
  updated_by: Author;
}
export interface BatchUpdate {
  room_id: string;
  edits: Edit[];
}
export interface Edit {
  room_id: string;
  edit_id: string;
  version: number;
  base_version: number;
  author: Author;
  session_id: string | null;
  ops: (WireSet | WireInsert | WireMove | WireRemove | WireText)[];
  undoes?: string | null;
  at: string;
}
export interface WireSet {
  op: "set";
  item: string | null;
  field: string;
  value: unknown;
}
export interface WireInsert {
  op: "insert";
  item: WireItem;
}
export interface WireItem {
  id: string;
  type: string;
  position: string;
  fields?: {
    [k: string]: unknown;
  };
}
export interface WireMove {
  op: "move";
  item: string;
  position: string;
}
export interface WireRemove {
  op: "remove";
  item: string;
}
/**
 * `delta` is in the format of npm's `ot-text-unicode`, counted in code points.
 */
export interface WireText {
  op: "text";
  item: string | null;
  field: string;
  delta: unknown[];
}
/**
 * What is not given stays.
 */
export interface ChangeBand {
  name?: string | null;
  is_archived?: boolean | null;
}
export interface Checkpoint {
  id: string;
  version: number;
  label: string;
  created_at: string;
  created_by: Author;
}
export interface Checkpoints {
  checkpoints: Checkpoint[];
}
/**
 * One of these words.
 */
export interface ChoiceType {
  type: "choice";
  options: string[];
}
export interface Complete {
  job_id: string;
  result: {
    [k: string]: unknown;
  };
}
/**
 * With `content`, or with `version` and `edits` where `since` was given and the tail is short.
 */
export interface ContentJoined {
  ok: true;
  room: string;
  role: "owner" | "editor" | "viewer";
  roster: Presence[];
  content?: Document | null;
  last_edit?: string | null;
  version?: number | null;
  edits?: Edit[] | null;
}
export interface Document {
  id: string;
  kind: string;
  band_id: string;
  version: number;
  fields: {
    [k: string]: unknown;
  };
  items: WireItem[];
}
/**
 * `data` is a summary; a list of them for `refresh`; a membership where `type` is `membership`.
 */
export interface ContentUpdated {
  type: string;
  action: "add" | "update" | "remove" | "restore" | "refresh";
  band_id: string;
  data: unknown;
}
export interface CreateBand {
  name: string;
}
export interface CreateContent {
  kind: string;
  title: string;
  document?: Seed | null;
}
export interface Seed {
  fields?: {
    [k: string]: unknown;
  };
  /**
   * @maxItems 10000
   */
  items?: SeedItem[];
}
/**
 * An item to begin with. Without an id it gets one; without a position it goes where the list has it.
 */
export interface SeedItem {
  id?: string | null;
  type: string;
  position?: string | null;
  fields?: {
    [k: string]: unknown;
  };
}
/**
 * A calendar day such as `2026-12-04`.
 */
export interface DateType {
  type: "date";
}
export interface Difference {
  from: number;
  to: number;
  changes: (FieldSet | Added | Removed | Moved)[];
  words: string[];
}
export interface FieldSet {
  item: string | null;
  type: string | null;
  title: string | null;
  author: Author | null;
  version: number | null;
  change: "set";
  field: string;
  before: unknown;
  after: unknown;
}
export interface Removed {
  item: string | null;
  type: string | null;
  title: string | null;
  author: Author | null;
  version: number | null;
  change: "removed";
  from: number;
  fields: {
    [k: string]: unknown;
  };
}
export interface Moved {
  item: string | null;
  type: string | null;
  title: string | null;
  author: Author | null;
  version: number | null;
  change: "moved";
  from: number;
  to: number;
}
/**
 * The answer to an event that has nothing more to say.
 */
export interface Done {
  ok: true;
}
export interface Dropped {
  index: number;
  reason:
    | "item_removed"
    | "field_replaced"
    | "field_changed"
    | "item_moved"
    | "item_exists"
    | "text_too_long"
    | "already_undone";
}
export interface EditAnswer {
  ok: true;
  edit_id: string;
  version: number;
  ops: (WireSet | WireInsert | WireMove | WireRemove | WireText)[];
  dropped: Dropped[];
  overwrote: Overwrite[];
}
export interface Overwrite {
  index: number;
  version: number;
  author: Author;
  value: unknown;
}
export interface EditContent {
  room_id: string;
  edit_id: string;
  base_version: number;
  base_edit?: string | null;
  /**
   * @minItems 1
   * @maxItems 1000
   */
  ops: (WireSet | WireInsert | WireMove | WireRemove | WireText)[];
  expect?: "unchanged" | null;
  rebased_to?: number | null;
}
export interface Failed {
  ok: false;
  error: Problem;
}
export interface Problem {
  code: string;
  message: string;
  details?: {
    [k: string]: unknown;
  };
}
export interface FieldChange {
  field: string;
  before: unknown;
  after: unknown;
}
export interface FileProblem {
  file: string;
  line: number;
  message: string;
}
/**
 * True or false.
 */
export interface FlagType {
  type: "flag";
}
/**
 * A job of the host's is over.
 */
export interface HostComplete {
  from_host?: true;
  result?: {
    [k: string]: unknown;
  };
  job_id?: string | null;
}
/**
 * Something of the host's own has changed: `type` says of what sort, `data` is as the host has it.
 */
export interface HostContentUpdated {
  from_host?: true;
  type: string;
  action: string;
  data?: {
    [k: string]: unknown;
  };
}
/**
 * How far a job of the host's is.
 */
export interface HostProgress {
  from_host?: true;
  percent: number;
  job_id?: string | null;
}
/**
 * How a job of the host's is doing.
 */
export interface HostSyncStatus {
  from_host?: true;
  status: "syncing" | "completed" | "error";
  progress: number;
  message?: string;
  job_id?: string | null;
}
/**
 * What an import would do: `total` songs, so many of each state; the first 500, those first that need a look.
 */
export interface ImportPreview {
  name: string;
  kind: "repertoire" | "setlist";
  total: number;
  new: number;
  changed: number;
  same: number;
  unsure: number;
  songs: ImportedSong[];
  problems: FileProblem[];
  problem_count: number;
  lost_count: number;
  remarks: FileProblem[];
}
/**
 * A song of a file beside the repertoire. `number` names it in `choices`; `like` has the artists of those that it
 * may be.
 */
export interface ImportedSong {
  number: number;
  file: string;
  line: number;
  title: string;
  artist: string | null;
  state: "new" | "changed" | "same" | "unsure";
  changes: FieldChange[];
  like: string[];
}
/**
 * `total` and `done` count songs.
 */
export interface Job {
  id: string;
  band_id: string;
  content_id: string;
  name: string;
  status: "running" | "completed" | "error" | "cancelled";
  total: number;
  done: number;
  progress: number;
  result: {
    [k: string]: unknown;
  };
  started_by: Author;
  created_at: string;
  finished_at: string | null;
}
/**
 * A bare string stands for `{room}`.
 */
export interface JoinRoom {
  room: string;
  since?: number | null;
  since_edit?: string | null;
}
/**
 * Fields are in the order of their declaration, which is a good one to show them in.
 */
export interface Kind {
  name: string;
  fields: {
    [k: string]:
      TextType | LineType | NumberType | FlagType | ChoiceType | PatternType | DateType | TagsType | OtherType;
  };
  item_types: {
    [k: string]: {
      [k: string]:
        TextType | LineType | NumberType | FlagType | ChoiceType | PatternType | DateType | TagsType | OtherType;
    };
  };
}
/**
 * Merged character by character (`text` ops). Lengths are in code points.
 */
export interface TextType {
  type: "text";
  max_length: number;
}
/**
 * A single line, merged likewise.
 */
export interface LineType {
  type: "line";
  max_length: number;
}
/**
 * Both bounds are included.
 */
export interface NumberType {
  type: "number";
  minimum: number;
  maximum: number;
  unit: string;
  is_whole: boolean;
}
/**
 * A word that this regular expression matches as a whole; `example` says so to people.
 */
export interface PatternType {
  type: "pattern";
  regex: string;
  example: string;
}
/**
 * A list of distinct words.
 */
export interface TagsType {
  type: "tags";
  max_count: number;
  max_length: number;
}
/**
 * A type of the host application's own: only the server can tell what fits.
 */
export interface OtherType {
  type: "other";
}
export interface Kinds {
  kinds: Kind[];
}
/**
 * A bare string stands for `{room}`.
 */
export interface LeaveRoom {
  room: string;
}
/**
 * A piece of the JSON of a long payload, to who takes those in parts.
 */
export interface Part {
  text: string;
}
export interface PresenceUpdated {
  room: string;
  sessions: Presence[];
  gone?: string[] | null;
}
export interface Progress {
  job_id: string;
  percent: number;
}
/**
 * `name` is for somebody who has never connected; who has goes by their token's.
 */
export interface PutMember {
  role: "owner" | "editor" | "viewer";
  name?: string | null;
}
/**
 * Without a room: every band of the user.
 */
export interface RequestUpdate {
  room_id?: string | null;
  since?: number | null;
  since_edit?: string | null;
}
/**
 * `retry_in` is in seconds.
 */
export interface ServerRestarting {
  retry_in: number;
}
export interface Session {
  session_id: string;
  user: User;
  expires_at: string;
  protocol: number;
  max_message_bytes: number;
}
/**
 * The answer to `update_presence`. `focus` is there, and null, where the item is gone that it is about.
 */
export interface Shown {
  ok: true;
  focus?: null;
}
/**
 * How a job is doing, for the whole band.
 */
export interface SyncStatus {
  job_id: string;
  status: "syncing" | "completed" | "error";
  progress: number;
  message: string;
}
export interface TokenExpired {}
export interface UndoEdit {
  room_id: string;
  edit_id: string;
  target: string;
}
/**
 * What is left out stays as it is; `focus: null` says that the session is nowhere in particular.
 */
export interface UpdatePresence {
  room: string;
  status?: ("active" | "idle") | null;
  focus?: WireFocus | null;
}
export interface WireFocus {
  item?: string | null;
  field?: string | null;
  anchor?: number | null;
  head?: number | null;
  lead?: boolean | null;
}
/**
 * The answer to `request_update` with a room.
 */
export interface Updated {
  content?: Document | null;
  last_edit?: string | null;
  version?: number | null;
  edits?: Edit[] | null;
  ok: true;
}
export interface UserJoined {
  room: string;
  user_id: string;
  user: User;
}
export interface UserLeft {
  room: string;
  user_id: string;
  last_seen: string;
}
