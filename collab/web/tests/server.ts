/** A server in a few lines, with a line to each client that can be slow, break, and lose answers. */

import { Document, type Edit, type EditAnswer, newId, type Op, Replica, type Request } from "../sdk";
import { Draft } from "../sdk/document";
import { transform } from "../sdk/transform";
import { foretold } from "../sdk/undoing";

const ROOM = "content_c";

export class Server {
  document: Document;
  readonly edits: (Edit & { inverse: Op[] })[] = [];

  constructor(document: Document) {
    this.document = document;
  }

  /** The answer to an edit, or to the same one again. */
  answer(request: Request, author: string): EditAnswer {
    const { edit_id } = request.payload;
    const known = this.edits.find((edit) => edit.edit_id === edit_id);
    if (known) return answerOf(edit_id, known.version, known.ops);
    const { ops, base, undoes } = this.#judged(request);
    const draft = new Draft(this.document);
    const stored: Op[] = [];
    const inverse: Op[] = [];
    for (const op of ops) {
      const back = draft.predict(op);
      // A delta that reaches past the text is `invalid`: no client may ever make one.
      if (!back && op.op === "text") throw new Error(`invalid: ${JSON.stringify(op)}`);
      if (!back) continue;
      inverse.unshift(back);
      stored.push(placed(op, draft.finish()));
    }
    if (stored.length === 0) return answerOf(edit_id, this.document.version, []);
    const version = this.document.version + 1;
    this.document = draft.finish(version);
    const at = new Date(version).toISOString();
    this.edits.push({
      room_id: ROOM,
      edit_id,
      version,
      base_version: base,
      author: { id: author, name: author },
      session_id: author,
      ops: stored,
      at,
      inverse,
      ...(undoes ? { undoes } : {}),
    });
    return answerOf(edit_id, version, stored);
  }

  #judged(request: Request): { ops: Op[]; base: number; undoes?: string } {
    const head = this.document.version;
    if (request.event === "undo_edit") {
      const history = this.edits.map(({ edit_id: editId, ops, inverse, undoes }) => ({ editId, ops, inverse, undoes: undoes ?? null }));
      const undone = foretold(request.payload.target, this.document, history);
      return { ops: undone?.ops ?? [], base: head, ...(undone?.undoes ? { undoes: undone.undoes } : {}) };
    }
    const { base_version: base, rebased_to: metFrom = base } = request.payload;
    let { ops } = request.payload;
    for (const edit of this.edits.slice(metFrom)) ops = transform(ops, edit.ops).ours;
    return { ops, base };
  }
}

/** One member's replica and the line to the server. */
export class Client {
  replica: Replica;
  /** What the server has sent that has not arrived. */
  #arriving: (() => void)[] = [];
  #sent: Request | null = null;
  /** Where an answer changed what its user already saw. */
  readonly surprises: string[] = [];

  constructor(
    readonly server: Server,
    readonly name: string,
  ) {
    this.replica = new Replica(server.document, name);
  }

  edit(...ops: Op[]): void {
    this.replica.edit(ops, newId(), newId());
  }

  /** Sends what is next; the answer is on its way. */
  send(): void {
    this.#deliver(this.replica.next(ROOM));
  }

  /** The answer and edits of others that arrive in this order; `hear` queues an edit. */
  hear(edits: Edit[]): void {
    this.#arriving.push(() => {
      this.replica.receive(edits);
      if (this.replica.isBehind) this.catchUp();
    });
  }

  /** One message arrives. */
  receive(): void {
    this.#arriving.shift()?.();
  }

  receiveAll(): void {
    while (this.#arriving.length > 0) this.receive();
  }

  /** The line breaks: what was on its way is lost. */
  breakLine(): void {
    this.#arriving = [];
  }

  /** The line is back: first what was missed, then what was in flight again. */
  reconnect(): void {
    this.catchUp();
    this.#deliver(this.replica.again(ROOM));
  }

  /** The tab is closed and opened again, with what was on disk. */
  reopen(): void {
    this.#arriving = [];
    const saved = structuredClone(this.replica.save());
    this.replica = new Replica(Document.fromJson(saved.confirmed), this.name, true, saved);
  }

  catchUp(): void {
    this.replica.receive(this.server.edits.slice(this.replica.confirmed.version));
  }

  /** Until there is nothing left to send or to hear. */
  settle(): void {
    this.receiveAll();
    this.reconnect();
    this.receiveAll();
    while (this.replica.pending.length > 0) {
      this.send();
      this.receiveAll();
    }
    this.catchUp();
  }

  #deliver(request: Request | null): void {
    if (!request) return;
    this.#sent = request;
    // A copy, as over a wire.
    const answer = structuredClone(this.server.answer(structuredClone(request), this.name));
    this.#arriving.push(() => {
      if (this.#sent !== request) return;
      const expected = this.replica.view;
      const isNext = this.replica.confirmed.version + 1 === answer.version && this.replica.pending[0]?.editId === answer.edit_id;
      this.replica.answer(answer);
      if (this.replica.isBehind) this.catchUp();
      if (isNext && answer.ops.length > 0) this.surprises.push(...differences(expected, this.replica.view));
    });
  }
}

function answerOf(edit_id: string, version: number, ops: Op[]): EditAnswer {
  return { ok: true, edit_id, version, ops, dropped: [], overwrote: [] };
}

function differences(before: Document, after: Document): string[] {
  const [a, b] = [before, after].map((document) => JSON.stringify({ ...document.toJson(), version: 0 }, sorted));
  return a === b ? [] : [`${a} became ${b}`];
}

/** For `JSON.stringify`: an object's keys in one order. */
function sorted(_key: string, value: unknown): unknown {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  return isObject ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) : value;
}

/** The op with the position that it got. */
function placed(op: Op, document: Document): Op {
  if (op.op === "move") return { ...op, position: document.items.get(op.item)!.position };
  if (op.op === "insert") return { ...op, item: document.items.get(op.item.id)! };
  return op;
}
