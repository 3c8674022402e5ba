// A whole client of one content, by the rules of PROTOCOL.md ("A client in any language"), on a bare socket.io-client.
import { io } from "socket.io-client";
import { type as text } from "ot-text-unicode";

const RETRY_MS = 100;
const keyOf = (op) => JSON.stringify([op.item, op.field]);
const call = (socket, event, payload) => socket.timeout(5_000).emitWithAck(event, payload).catch(() => null);
const equal = (a, b) => JSON.stringify(a ?? null) === JSON.stringify(b ?? null);

/** A pending op and somebody else's, each to follow the other; null is gone. (Rule 4.) */
function meet(mine, theirs) {
  const kinds = `${mine.op} ${theirs.op}`;
  if (kinds.includes("insert")) return [mine, theirs];
  if (mine.item === theirs.item && theirs.op === "remove") return [null, mine.op === "remove" ? null : theirs];
  if (mine.item === theirs.item && (mine.op === "remove" || kinds === "move move")) return [mine, null];
  if (/remove|move/.test(kinds) || keyOf(mine) !== keyOf(theirs)) return [mine, theirs];
  if (mine.op === "set") return [mine, null];
  if (theirs.op === "set") return [null, theirs];
  return [
    { ...mine, delta: text.transform(mine.delta, theirs.delta, "right") },
    { ...theirs, delta: text.transform(theirs.delta, mine.delta, "left") },
  ];
}

/** Pending ops carried over somebody else's, and those over them. */
function carry(pending, committed) {
  const moved = committed.map((theirs) => {
    const met = pending.map((mine) => {
      if (theirs) [mine, theirs] = meet(mine, theirs);
      return mine;
    });
    pending = met.filter(Boolean);
    return theirs;
  });
  return [pending, moved.filter(Boolean)];
}

function apply(document, ops, version = document.version) {
  const made = { ...structuredClone(document), version };
  for (const { op, item, field, value, position, delta } of structuredClone(ops)) {
    const target = item === null ? made : made.items.find(({ id }) => id === item);
    if (op === "insert") made.items.push(item);
    else if (op === "remove") made.items = made.items.filter(({ id }) => id !== item);
    else if (op === "move") target.position = position;
    else {
      const after = op === "set" ? value : text.apply(target.fields[field] ?? "", delta) || null;
      if (after === null) delete target.fields[field];
      else target.fields[field] = after;
    }
  }
  made.items.sort((a, b) => (a.position < b.position || (a.position === b.position && a.id < b.id) ? -1 : 1));
  return made;
}

/** Ops that lead from one document to another. (Rule 7.) */
function difference(before, after) {
  const changed = (item, from, to) =>
    Object.keys({ ...from, ...to })
      .filter((field) => !equal(from[field], to[field]))
      .map((field) => ({ op: "set", item, field, value: to[field] ?? null }));
  const among = (items, item) => items.find(({ id }) => id === item.id);
  const kept = before.items.flatMap((item) => {
    const now = among(after.items, item);
    if (!now) return [{ op: "remove", item: item.id }];
    return [...changed(item.id, item.fields, now.fields), { op: "move", item: item.id, position: now.position }];
  });
  const added = after.items.filter((item) => !among(before.items, item));
  return [...changed(null, before.fields, after.fields), ...kept, ...added.map((item) => ({ op: "insert", item }))];
}

export class Client {
  document = null; // confirmed
  pending = []; // {edit_id, ops, payload?}: the first one is in flight once it has a payload
  #arrived = new Map();
  #mine = new Map(); // what one's own stored `set`s gave their fields
  #isSending = false;

  constructor(url, token, contentId, onNotice = () => {}) {
    this.room = `content_${contentId}`;
    this.onNotice = onNotice;
    this.socket = io(url, { auth: { token }, transports: ["websocket"], reconnectionDelay: RETRY_MS });
    this.socket.on("content_edited", (edit) => this.#receive([edit]));
    this.socket.on("batch_update", ({ edits }) => this.#receive(edits));
    this.socket.on("connect", () => this.#catchUp("join_room", { room: this.room, since: this.document?.version }));
  }

  view = () => apply(this.document, this.pending.flatMap(({ ops }) => ops));

  /** Makes an edit: it is in the view at once, and stored as soon as may be. */
  edit(...ops) {
    this.pending.push({ edit_id: crypto.randomUUID(), ops });
    this.#send();
  }

  async #catchUp(event, payload) {
    const answer = await call(this.socket, event, payload);
    if (!answer?.ok) return answer && this.onNotice({ event, error: answer.error });
    if (answer.content && answer.content.version > (this.document?.version ?? -1)) {
      if (this.document) this.#carry(difference(this.document, answer.content));
      this.document = answer.content;
    }
    this.#receive(answer.edits ?? []);
  }

  #receive(edits, known) {
    for (const edit of edits) this.#arrived.set(edit.version, edit);
    if (!this.document) return;
    for (let next; (next = this.#arrived.get(this.document.version + 1)); ) this.#take(next);
    for (const version of this.#arrived.keys()) if (version <= this.document.version) this.#arrived.delete(version);
    if (this.#arrived.size || known > this.document.version) this.#catchUp("request_update", { room_id: this.room, since: this.document.version });
    this.#send();
  }

  #take(edit) {
    this.document = apply(this.document, edit.ops, edit.version);
    const isOwn = this.pending[0]?.edit_id === edit.edit_id;
    if (isOwn) this.pending.shift();
    else this.#carry(edit.ops);
    for (const op of edit.ops.filter(({ op }) => op === "set" || op === "text")) {
      const mine = this.#mine.get(keyOf(op));
      this.#mine.delete(keyOf(op));
      if (isOwn && op.op === "set") this.#mine.set(keyOf(op), { version: edit.version, value: op.value });
      else if (mine && op.op === "set" && edit.base_version < mine.version && !equal(mine.value, op.value))
        this.onNotice({ event: "overwritten", field: op.field, mine: mine.value, now: op.value, by: edit.author });
    }
  }

  #carry(theirs) {
    for (const edit of this.pending) [edit.ops, theirs] = carry(edit.ops, theirs);
    this.pending = this.pending.filter(({ ops, payload }) => payload || ops.length);
  }

  async #send() {
    const [edit] = this.pending;
    if (!edit || !this.document || this.#isSending || !this.socket.connected) return;
    edit.payload ??= { room_id: this.room, base_version: this.document.version, ...edit };
    this.#isSending = true;
    const answer = await call(this.socket, "edit_content", edit.payload);
    this.#isSending = false;
    if (!answer || ["unavailable", "rate_limited"].includes(answer.error?.code)) setTimeout(() => this.#send(), RETRY_MS);
    else this.#answered(answer);
  }

  #answered({ ok, error, edit_id, version, ops, overwrote, dropped }) {
    if (overwrote?.length || dropped?.length || error) this.onNotice({ event: "answered", overwrote, dropped, error });
    const isDone = !ok || !ops.length || version <= this.document.version;
    if (isDone) this.pending = ok ? this.pending.filter((edit) => edit.edit_id !== edit_id) : [];
    this.#receive(isDone ? [] : [{ edit_id, version, ops }], version);
  }
}
