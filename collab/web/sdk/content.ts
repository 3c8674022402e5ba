/** One content, open: its replica kept in step with the server and on disk. */

import { Backoff } from "./backoff";
import { type Connection, type Member, Refused } from "./connection";
import { Document } from "./document";
import { Watchable } from "./emitter";
import { newId } from "./ids";
import { type Notice, Replica } from "./replica";
import { Roster } from "./roster";
import { NoStore, type Store } from "./store";
import type {
  BatchUpdate,
  Catchup,
  ContentJoined,
  Edit,
  EditAnswer,
  Focus,
  Op,
  PresenceUpdated,
  Problem,
  Role,
  UserJoined,
  UserLeft,
  Value,
} from "./types";

/** What is true of the edits made here. `unsafe`: they wait, and could not be written to disk either. */
export type Saving = "saved" | "saving" | "offline" | "unsafe";

export interface ContentState {
  document: Document | null;
  role: Role | null;
  roster: Roster;
  saving: Saving;
  /** Edits that the server has not confirmed. */
  pending: number;
  canUndo: boolean;
  canRedo: boolean;
  problem: Problem | null;
}

const EMPTY: ContentState = {
  document: null,
  role: null,
  roster: new Roster(),
  saving: "offline",
  pending: 0,
  canUndo: false,
  canRedo: false,
  problem: null,
};

const FOCUS_EVERY_MS = 60;
const RETRY_MS = { first: 500, most: 15_000 };
const GROUP_MS = 1_000;

export class Content extends Watchable<ContentState> implements Member {
  readonly room: string;
  /** Called with what a person should hear of: conflicts, refusals, who came and went. */
  onNotice?: (notice: Notice) => void;
  onArrival?: (user: UserJoined["user"]) => void;
  onDeparture?: (userId: string) => void;
  onEdit?: (edit: Edit) => void;

  readonly #connection: Connection;
  readonly #store: Store;
  #replica: Replica | null = null;
  #role: Role | null = null;
  #roster = new Roster();
  #problem: Problem | null = null;
  #isJoined = false;
  #isSending = false;
  #isCatchingUp = false;
  #isUnsafe = false;
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();
  readonly #backoffs = new Map<string, Backoff>();
  /** Heard before the answer to `join_room`, which says what it follows. */
  #early: [string, never][] = [];
  #keeping: Promise<void> | null = null;
  #isDirty = false;
  #group = { name: "", field: "", at: 0 };
  #focus: Focus | null = null;
  #focusTimer: ReturnType<typeof setTimeout> | undefined;
  #leave: (() => void) | undefined;
  #isClosed = false;

  constructor(
    readonly id: string,
    readonly userId: string,
    connection: Connection,
    store: Store = new NoStore(),
  ) {
    super(EMPTY);
    this.room = `content_${id}`;
    this.#connection = connection;
    this.#store = store;
  }

  /** Shows what was kept on this device, then joins the others. */
  async open(): Promise<this> {
    const stored = await this.#store.adopt(this.id).catch(() => null);
    if (stored) {
      this.#replica = new Replica(
        Document.fromJson(stored.confirmed),
        this.userId,
        stored.pending,
        this.#store.mayGrow,
      );
      this.#role = stored.role as Role;
      this.#changed();
    }
    if (this.#isClosed) return this;
    this.#leave = this.#connection.enter(this);
    const orphans = await this.#store.orphans(this.id).catch(() => []);
    for (const orphan of orphans) void this.#bringHome(orphan);
    return this;
  }

  /** Sends what a closed tab left, out of sight; then asks for it, since one does not hear one's own edits. */
  async #bringHome(orphan: Store): Promise<void> {
    const left = new Content(this.id, this.userId, this.#connection, orphan);
    await left.open();
    const look = async (): Promise<void> => {
      if (left.getState().saving !== "saved" && !this.#isClosed) return;
      stop();
      await left.kept();
      left.close();
      void this.#catchUp();
    };
    const stop = left.subscribe(() => void look());
    void look();
  }

  close(): void {
    this.#isClosed = true;
    this.#stopTimers();
    clearTimeout(this.#focusTimer);
    this.#leave?.();
  }

  get canEdit(): boolean {
    return this.#role === "owner" || this.#role === "editor";
  }

  /** Makes one edit of these ops. It is seen at once, and sent when it is its turn. */
  edit(...ops: Op[]): void {
    if (!this.#replica || !this.canEdit || ops.length === 0) return;
    this.#replica.edit(ops, newId(), this.#groupOf(ops));
    this.#changed();
    this.#keep();
    this.#send();
  }

  setField(item: string | null, field: string, value: Value): void {
    this.edit({ op: "set", item, field, value });
  }

  undo(): void {
    this.#step("undo");
  }

  redo(): void {
    this.#step("redo");
  }

  /** Tells the others where this session is. */
  focus(focus: Focus | null): void {
    if (JSON.stringify(focus) === JSON.stringify(this.#focus)) return;
    this.#focus = focus;
    this.#focusTimer ??= setTimeout(() => this.#tellFocus(), FOCUS_EVERY_MS);
  }

  setStatus(status: "active" | "idle"): void {
    if (this.#isJoined) void this.#connection.request("update_presence", { room: this.room, status }).catch(() => {});
  }

  payload(): object {
    return this.#replica ? { since: this.#replica.confirmed.version } : {};
  }

  joined(answer: ContentJoined): void {
    this.#isJoined = true;
    this.#problem = null;
    this.#role = answer.role;
    this.#roster = Roster.of(answer.roster);
    const isWhole = this.#take(answer);
    for (const [event, payload] of this.#early.splice(0)) this.heard(event, payload);
    this.#changed();
    this.#keep();
    if (!isWhole) void this.#catchUp();
    this.#sendAgain();
    if (this.#focus) this.#tellFocus();
  }

  refused(problem: Problem): void {
    this.#problem = problem;
    this.#changed();
  }

  parted(): void {
    this.#isJoined = false;
    this.#isSending = false;
    this.#early = [];
    this.#stopTimers();
    this.#roster = new Roster();
    this.#changed();
  }

  heard(event: string, payload: never): void {
    if (!this.#isJoined) {
      this.#early.push([event, payload]);
      return;
    }
    switch (event) {
      case "content_edited":
        this.#receive([payload]);
        break;
      case "batch_update":
        this.#receive((payload as BatchUpdate as { edits: Edit[] }).edits);
        break;
      case "presence_updated":
        this.#roster = this.#roster.updated(payload as PresenceUpdated);
        break;
      case "user_joined":
        this.onArrival?.((payload as UserJoined).user);
        break;
      case "user_left":
        this.onDeparture?.((payload as UserLeft).user_id);
        this.#roster = this.#roster.without((payload as UserLeft).user_id);
        break;
    }
    this.#changed();
  }

  #receive(edits: Edit[]): void {
    if (!this.#replica) return;
    const isWhole = this.#replica.received(edits);
    for (const edit of edits) this.onEdit?.(edit);
    this.#keep();
    if (!isWhole) void this.#catchUp();
    this.#send();
  }

  async #catchUp(): Promise<void> {
    if (this.#isCatchingUp || !this.#replica || !this.#isJoined) return;
    this.#isCatchingUp = true;
    try {
      const payload = { room_id: this.room, since: this.#replica.confirmed.version };
      const isWhole = this.#take(await this.#connection.request<Catchup & { ok: true }>("request_update", payload));
      this.#changed();
      this.#keep();
      if (isWhole) this.#worked("catch up");
      else this.#later("catch up", () => void this.#catchUp());
    } catch (error) {
      if (this.#isJoined) this.#later("catch up", () => void this.#catchUp(), error);
    } finally {
      this.#isCatchingUp = false;
    }
    this.#send();
  }

  /** False: edits are still missing. */
  #take(answer: Catchup): boolean {
    if (answer.content) {
      const document = Document.fromJson(answer.content);
      if (this.#replica) this.#replica.reset(document);
      else this.#replica = new Replica(document, this.userId, [], this.#store.mayGrow);
      return true;
    }
    return this.#replica?.received(answer.edits ?? []) ?? true;
  }

  #step(side: "undo" | "redo"): void {
    if (!this.#replica || !this.canEdit) return;
    this.#replica.step(side, newId);
    this.#group = { name: "", field: "", at: 0 };
    this.#changed();
    this.#keep();
    this.#send();
  }

  /** Sends the next edit, where none is in flight. */
  #send(): void {
    if (!this.#isJoined || this.#isSending || !this.#replica) return;
    const request = this.#replica.next(this.room);
    if (request) void this.#deliver(request);
  }

  #sendAgain(): void {
    if (!this.#isJoined || this.#isSending || !this.#replica) return;
    const request = this.#replica.again(this.room);
    if (request) void this.#deliver(request);
    else this.#send();
  }

  async #deliver(request: { event: string; payload: { edit_id: string } }): Promise<void> {
    const replica = this.#replica!;
    this.#isSending = true;
    try {
      const answer = await this.#connection.request<EditAnswer>(request.event, request.payload);
      this.#isSending = false;
      this.#worked("send");
      const isWhole = replica.acknowledged(answer);
      if (!isWhole) void this.#catchUp();
    } catch (error) {
      this.#isSending = false;
      if (!(error instanceof Refused)) {
        if (this.#isJoined) this.#later("send", () => this.#sendAgain());
        return;
      }
      if (replica.pending[0]?.editId === request.payload.edit_id) this.#refusedEdit(replica, error);
    }
    this.#changed();
    this.#keep();
    this.#send();
  }

  #refusedEdit(replica: Replica, error: Refused): void {
    switch (error.code) {
      case "rate_limited":
      case "unavailable":
      // The connection is about to be renewed; what is in flight goes out again then.
      case "unauthenticated":
        this.#later("send", () => this.#sendAgain(), error);
        break;
      case "version_unknown":
        replica.resend();
        this.#later("reload", () => void this.#reload());
        break;
      default:
        replica.refused(error.code, error.message);
    }
  }

  async #reload(): Promise<void> {
    try {
      this.#take(await this.#connection.request<Catchup & { ok: true }>("request_update", { room_id: this.room }));
      this.#changed();
      this.#keep();
      this.#worked("reload");
      this.#send();
    } catch (error) {
      if (this.#isJoined) this.#later("reload", () => void this.#reload(), error);
    }
  }

  /** Does it again, after a time that grows as long as it does not work. */
  #later(name: string, work: () => void, error?: unknown): void {
    clearTimeout(this.#timers.get(name));
    const backoff = this.#backoffs.get(name) ?? new Backoff(RETRY_MS.first, RETRY_MS.most);
    this.#backoffs.set(name, backoff);
    const after_ms = backoff.delay_ms(error instanceof Refused ? error.problem : undefined);
    this.#timers.set(name, setTimeout(work, after_ms));
  }

  #worked(name: string): void {
    this.#backoffs.delete(name);
  }

  #stopTimers(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  #groupOf(ops: readonly Op[]): string {
    const [op] = ops;
    const isWriting = ops.length === 1 && (op?.op === "text" || op?.op === "set");
    const field = isWriting ? `${op.item} ${op.field}` : "";
    const now = Date.now();
    const isSame = field !== "" && field === this.#group.field && now - this.#group.at < GROUP_MS;
    this.#group = { name: isSame ? this.#group.name : newId(), field, at: now };
    return this.#group.name;
  }

  #tellFocus(): void {
    clearTimeout(this.#focusTimer);
    this.#focusTimer = undefined;
    if (!this.#isJoined) return;
    const payload = { room: this.room, status: "active", focus: this.#focus };
    this.#connection.request("update_presence", payload).then(
      () => this.#worked("focus"),
      (error) => {
        // What is told then is what is true by then.
        if (error instanceof Refused && error.code === "rate_limited") {
          this.#later("focus", () => this.#tellFocus(), error);
        }
      },
    );
  }

  /** Writes to disk; what changes while it is written is written next. */
  #keep(): void {
    this.#isDirty = true;
    this.#keeping ??= this.#write().finally(() => {
      this.#keeping = null;
    });
  }

  async #write(): Promise<void> {
    while (this.#isDirty && this.#replica) {
      this.#isDirty = false;
      try {
        await this.#store.keep(this.id, { ...this.#replica.save(), role: this.#role ?? "viewer" });
        this.#isUnsafe = false;
      } catch {
        this.#isUnsafe = true;
      }
    }
    this.#changed();
  }

  /** Resolves once everything that was edited is on disk. */
  async kept(): Promise<void> {
    await this.#keeping;
  }

  #saving(pending: number): Saving {
    if (pending > 0 && this.#isUnsafe && !this.#isJoined) return "unsafe";
    if (!this.#isJoined) return "offline";
    return pending > 0 ? "saving" : "saved";
  }

  #changed(): void {
    for (const notice of this.#replica?.takeNotices() ?? []) this.onNotice?.(notice);
    const pending = this.#replica?.pending.length ?? 0;
    this.set({
      document: this.#replica?.view ?? null,
      role: this.#role,
      roster: this.#roster,
      saving: this.#saving(pending),
      pending,
      canUndo: this.#replica?.history.canUndo ?? false,
      canRedo: this.#replica?.history.canRedo ?? false,
      problem: this.#problem,
    });
  }
}
