/** The TypeScript SDK of collab: no DOM, no framework. PROTOCOL.md says what travels. */

export { Admission, admissionKey } from "./admission";
export { BandRoom, type BandState } from "./band";
export { Connection, type ConnectionOptions, type Link, type Member, Refused, Unanswered } from "./connection";
export { Content, type ContentState, type Saving } from "./content";
export { Document, positionBetween } from "./document";
export { Watchable } from "./emitter";
export { newId } from "./ids";
export type { Notice } from "./notice";
export type { Pending } from "./pending";
export { Replica } from "./replica";
export type { Request } from "./request";
export { Rest, RestError } from "./rest";
export { Roster } from "./roster";
export { BrowserStore, NoStore, type Store, type Stored } from "./store";
export * as text from "./text";
export type * from "./types";
