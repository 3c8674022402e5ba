/**
 * Brings what was edited here to the server, one edit at a time, and asks it for what is missing here.
 *
 * At most one edit and one question are on their way. Edits of others come at any time, before the answer too. A
 * connection that breaks ends both; on the next one the room is entered with what is known here (`since`), and what was
 * in flight goes out again, the same. Edits wait while the server's history is another one than that known here.
 */

import type { Connection } from "./connection";
import { Document } from "./document";
import { Refused } from "./errors";
import type { Replica } from "./replica";
import type { Request } from "./request";
import type { Retries } from "./retries";
import type { Catchup, Edit, EditAnswer } from "./types";

export class Sync {
  /** Null until the content has come, from this device or from the server. */
  replica: Replica | null = null;
  #isJoined = false;
  #isSending = false;
  #isCatchingUp = false;
  /** The version known here is none of the server's history, which must then be another one. */
  #isElsewhere = false;
  /** The server does not know the version that an edit was made on: what is missing here comes before it goes again. */
  #isBaseUnknown = false;

  /** `onChange` is called when the replica may have changed. */
  constructor(
    readonly room: string,
    readonly connection: Connection,
    readonly retries: Retries,
    readonly newReplica: (document: Document, lastEdit: string | null) => Replica,
    readonly onChange: () => void,
  ) {}

  /** What is known here of the server's history, to go on from; nothing where the whole document is needed. */
  get since(): { since?: number; since_edit?: string } {
    if (this.#isElsewhere || !this.replica) return {};
    const { confirmed, lastEdit } = this.replica;
    return { since: confirmed.version, ...(lastEdit === null ? {} : { since_edit: lastEdit }) };
  }

  /** The room was entered, and this is what was missed. What was in flight goes out again. */
  joined(answer: Catchup): void {
    this.#isJoined = true;
    this.#take(answer);
    this.onChange();
    if (this.replica?.isBehind) this.catchUp();
    this.#deliver((replica, most) => replica.again(this.room, most) ?? replica.next(this.room, most));
  }

  parted(): void {
    this.#isJoined = false;
    this.#isSending = false;
  }

  /** Others have edited. */
  receive(edits: readonly Edit[]): void {
    if (!this.replica) return;
    this.replica.receive(edits);
    this.onChange();
    if (this.replica.isBehind) this.catchUp();
    this.send();
  }

  /** Sends the next edit, where none is in flight. */
  send(): void {
    this.#deliver((replica, most) => replica.next(this.room, most));
  }

  /** Asks for what is missing, until nothing is. */
  catchUp(): void {
    if (!this.#isCatchingUp && this.replica && this.#isJoined) void this.#ask();
  }

  /** The server does not know the version that is known here: its history was folded, or is a restored backup's. */
  goElsewhere(): void {
    this.#isElsewhere = true;
  }

  async #ask(): Promise<void> {
    this.#isCatchingUp = true;
    const payload = { room_id: this.room, ...this.since };
    try {
      const isWhole = this.#take(await this.connection.request<Catchup & { ok: true }>("request_update", payload));
      this.onChange();
      if (isWhole) this.retries.worked("catch up");
      else this.retries.later("catch up", () => this.catchUp());
    } catch (error) {
      if (error instanceof Refused && error.code === "version_unknown") this.goElsewhere();
      if (this.#isJoined) this.retries.later("catch up", () => this.catchUp(), error);
    } finally {
      this.#isCatchingUp = false;
    }
    this.send();
  }

  /** False: edits are still missing. */
  #take(answer: Catchup): boolean {
    this.#isBaseUnknown = false;
    if (!answer.content) {
      this.replica?.receive(answer.edits ?? []);
      return !this.replica?.isBehind;
    }
    const document = Document.fromJson(answer.content);
    const isElsewhere = this.#isElsewhere;
    this.#isElsewhere = false;
    const lastEdit = answer.last_edit ?? null;
    if (!this.replica) this.replica = this.newReplica(document, lastEdit);
    else if (isElsewhere) this.replica.restart(document, lastEdit);
    else this.replica.reset(document, lastEdit);
    // What others edited while the document was on its way has been heard, and is not in it.
    return !isElsewhere;
  }

  /** Sends what `choose` finds in the replica for a message of so many bytes at most, where it is time to send. */
  #deliver(choose: (replica: Replica, maxBytes: number) => Request | null): void {
    // Edits wait for the history that they will follow.
    if (!this.replica || !this.#isJoined || this.#isSending || this.#isElsewhere || this.#isBaseUnknown) return;
    const request = choose(this.replica, this.connection.maxMessageBytes);
    if (request?.refusal) {
      this.replica.refuse(request.refusal);
      this.onChange();
      this.send();
    } else if (request) void this.#send(this.replica, request);
  }

  async #send(replica: Replica, { event, payload }: Request): Promise<void> {
    this.#isSending = true;
    try {
      const answer = await this.connection.request<EditAnswer>(event, payload);
      this.#isSending = false;
      for (const name of ["send", "anew"]) this.retries.worked(name);
      replica.answer(answer);
      if (replica.isBehind) this.catchUp();
    } catch (error) {
      // Unanswered: the connection is over, and on the next one it goes out again, the same.
      if (!(error instanceof Refused)) return;
      this.#isSending = false;
      if (replica.pending[0]?.editId === payload.edit_id) this.#refused(replica, error);
    }
    this.onChange();
    this.send();
  }

  #refused(replica: Replica, error: Refused): void {
    if (error.isPassing || error.code === "unauthenticated") {
      // A token that has run out: the connection is about to be renewed, and sends what is in flight.
      this.retries.later("send", () => this.#deliver((replica, most) => replica.again(this.room, most)), error);
      return;
    }
    replica.refuse(error.problem);
    if (error.code !== "version_unknown") return;
    this.#isBaseUnknown = true;
    this.retries.later("anew", () => this.catchUp(), error);
  }
}
