/** What a client tells its user of a content. The words are those of the Python SDK's events: `Edited`, `Saved` … */

import type { Document } from "./document";
import type { Author, Dropped, Edit, Op, Problem, Value } from "./types";

/** A field that two people gave a value: what stands there now is not what `mine` or `theirs` says of the other. */
interface Clash {
  item: string | null;
  field: string;
  mine: Value;
  theirs: Value;
  by: Author;
  version: number;
}

/** What a `Replica` has to tell. */
export type Notice =
  /**
   * The document has changed by an edit that was not made here. `ops` are the edit's, as they change the view; after
   * them come the moves of one's own items that wait to be stored, where one gives way to another in its place.
   */
  | { type: "edited"; edit: Edit; ops: Op[] }
  /** The document was replaced whole: more was missed than could be told edit by edit. */
  | { type: "reloaded"; version: number }
  /**
   * The server has another history by now, as after a backup was put back, and not what one had written in a field:
   * `mine` stood there, `now` does. Of an item that one had added `field` is null and `mine` its fields.
   */
  | { type: "lost"; item: string | null; field: string | null; mine: Value; now: Value }
  /** An edit of one's own is stored, for good. */
  | { type: "saved"; editId: string; version: number }
  /** One's own edit set a field over what `by` had given it meanwhile: `mine` stands now, and `theirs` stood before. */
  | ({ type: "overwrote"; editId: string } & Clash)
  /** `by` set a field without having seen what one had written oneself: `mine` stood before, `theirs` stands now. */
  | ({ type: "overwritten" } & Clash)
  /** An op of one's own edit had nothing left to act on, as `before` shows. `op` is null for one of an edit to undo. */
  | { type: "dropped"; editId: string; op: Op | null; reason: Dropped["reason"]; before: Document }
  /** One's own edit is not stored and has been taken back; asking again unchanged won't help. */
  | { type: "refused"; editId: string; error: Problem; ops: Op[] };
