/**
 * The TypeScript SDK of collab: no DOM, no framework. PROTOCOL.md says what travels.
 *
 * Read first the core, which does no I/O and has no clock: `types`, `document`, `text` and `difference` (what there is);
 * `transform` (how edits meet); `pending`, `request` and `notice` (an edit until it is stored, and what its author is told);
 * `undo`, `letters`, `undoing` and `foresight` (what is taken back, and what that comes to); `queue` (what waits, and
 * what is in flight); and `replica`, where all of it meets. Then what keeps a connection: `connection` with `parts`, `patience`, `backoff`, `token`, `renewal` and `errors`. Then
 * what a user holds: `room`, `band` and `content`, with `sync`, `events` and `presence`. Last what a browser adds:
 * `store`, `keeper`, `admission` and `rest`.
 *
 * The Python SDK (collab/client) has the same parts under the same names; `document`, `text`, `difference`, `letters`
 * and `undoing` are there the server's own (collab/domain/ot).
 */

export { Admission, admissionKey } from "./admission";
export { BandRoom, type BandState } from "./band";
export { Connection, type ConnectionOptions, type HostListener, type Link, type Member } from "./connection";
export { Content, type ContentState, type Saving } from "./content";
export { Document, positionBetween } from "./document";
export { Watchable } from "./emitter";
export { Refused, Unanswered } from "./errors";
export type { Notice } from "./events";
export { newId } from "./ids";
export type { Pending } from "./pending";
export { Replica } from "./replica";
export type { Request } from "./request";
export { Rest, RestError } from "./rest";
export { Roster } from "./roster";
export { BrowserStore, NoStore, type Store, type Stored } from "./store";
export * as text from "./text";
export type { Token } from "./token";
export type * from "./types";
