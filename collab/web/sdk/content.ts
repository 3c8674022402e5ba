/** One content, open: what its user sees and does, kept in step with the server and on the device. */

import type { Connection } from "./connection";
import { Document } from "./document";
import { newId } from "./ids";
import { Keeper } from "./keeper";
import type { Notice } from "./events";
import { OwnPresence } from "./presence";
import { type EditOptions, Replica } from "./replica";
import { Retries } from "./retries";
import { Room } from "./room";
import { Roster } from "./roster";
import { NoStore, type Store } from "./store";
import { Sync } from "./sync";
import type { BatchUpdate, ContentJoined, Delta, Edit, Focus, Op, Problem, Role, UserLeft, Value } from "./types";
import { Groups, recentSteps } from "./undo";

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

const READ_ONLY: Problem = { code: "forbidden", message: "expected an owner or editor of the band" };

export class Content extends Room<ContentState, ContentJoined> {
  /** Called with what a person should hear of: conflicts, refusals. */
  onNotice?: (notice: Notice) => void;
  onDeparture?: (userId: string) => void;
  onEdit?: (edit: Edit) => void;

  readonly #store: Store;
  readonly #retries = new Retries();
  readonly #sync: Sync;
  readonly #keeper: Keeper;
  readonly #presence: OwnPresence;
  readonly #orphans = new Set<Content>();
  readonly #groups = new Groups();
  #isClosed = false;

  constructor(
    readonly id: string,
    readonly userId: string,
    connection: Connection,
    store: Store = new NoStore(),
  ) {
    super(EMPTY, `content_${id}`, connection);
    this.#store = store;
    this.#keeper = new Keeper(
      () => this.#write(),
      () => this.changed(),
    );
    this.#sync = new Sync(
      this.room,
      connection,
      this.#retries,
      (document, lastEdit) => new Replica(document, userId, store.mayGrow, { lastEdit }),
      () => this.#edited(),
    );
    this.#presence = new OwnPresence(this.room, connection, this.#retries, () => this.isJoined);
  }

  /** Shows what was kept on this device, then joins the others. */
  async open(): Promise<this> {
    const stored = await this.#store.adopt(this.id).catch(() => null);
    if (this.#isClosed) return this;
    if (stored) {
      const confirmed = Document.fromJson(stored.confirmed);
      const steps = recentSteps(stored.steps ?? { done: [], undone: [] }, Date.now());
      this.#sync.replica = new Replica(confirmed, this.userId, this.#store.mayGrow, { ...stored, steps });
      this.role = stored.role as Role;
      this.changed();
    }
    this.enter();
    const orphans = await this.#store.orphans(this.id).catch(() => []);
    if (!this.#isClosed) for (const orphan of orphans) void this.#bringHome(orphan);
    return this;
  }

  override close(): void {
    this.#isClosed = true;
    this.#retries.end();
    this.#presence.close();
    for (const orphan of this.#orphans) orphan.close();
    super.close();
  }

  get canEdit(): boolean {
    return this.role === "owner" || this.role === "editor";
  }

  /** Makes one edit of these ops. It is seen at once, and sent when it is its turn. */
  edit(...ops: Op[]): void {
    this.#make(ops);
  }

  /** As `edit`; refused (`conflict`) instead of replacing a value that somebody else has set meanwhile. */
  editUnchanged(...ops: Op[]): void {
    this.#make(ops, { isUnchangedExpected: true });
  }

  /** Sets a field. `seen` is the document that its author saw last, where a draft has hidden what came since. */
  setField(item: string | null, field: string, value: Value, seen?: Document): void {
    this.#make([{ op: "set", item, field, value }], { seen });
  }

  /** Writes in a text or a line. `seen` as in `setField`. */
  writeText(item: string | null, field: string, delta: Delta, seen?: Document): void {
    this.#make([{ op: "text", item, field, delta }], { seen });
  }

  undo(): void {
    this.#step("undo");
  }

  redo(): void {
    this.#step("redo");
  }

  /** Tells the others where this session is. */
  focus(focus: Focus | null): void {
    this.#presence.setFocus(focus);
  }

  setStatus(status: "active" | "idle"): void {
    this.#presence.setStatus(status);
  }

  /** Resolves once everything that was edited is on disk. */
  async kept(): Promise<void> {
    await this.#keeper.kept();
  }

  protected payload(): object {
    return this.#sync.since;
  }

  override refused(problem: Problem): void {
    if (problem.code !== "version_unknown") {
      if (problem.code === "forbidden") this.#abandon(problem);
      super.refused(problem);
      return;
    }
    this.#sync.goElsewhere();
    this.enter();
  }

  override parted(): void {
    this.#retries.stop();
    this.#sync.parted();
    super.parted();
  }

  protected entered(answer: ContentJoined): void {
    this.#sync.joined(answer);
    this.#presence.joined();
  }

  protected told(event: string, payload: never): void {
    if (event === "content_edited") this.#received([payload]);
    else if (event === "batch_update") this.#received((payload as BatchUpdate as { edits: Edit[] }).edits);
  }

  protected departed(left: UserLeft): void {
    this.onDeparture?.(left.user_id);
  }

  protected changed(): void {
    const { replica } = this.#sync;
    for (const notice of replica?.takeNotices() ?? []) this.onNotice?.(notice);
    const pending = replica?.pending.length ?? 0;
    this.set({
      document: replica?.view ?? null,
      role: this.role,
      roster: this.roster,
      saving: this.#saving(pending),
      pending,
      canUndo: replica?.stacks.canUndo ?? false,
      canRedo: replica?.stacks.canRedo ?? false,
      problem: this.problem,
    });
  }

  #make(ops: Op[], options?: EditOptions): void {
    const { replica } = this.#sync;
    if (!replica || ops.length === 0) return;
    if (this.problem || !this.canEdit) {
      this.onNotice?.({ type: "refused", editId: newId(), error: this.problem ?? READ_ONLY, ops });
      return;
    }
    replica.edit(ops, newId(), this.#groups.of(ops, Date.now()), options);
    this.#edited();
    this.#sync.send();
  }

  /** The content is one's own no more: whoever wrote what waits here is told what that was. */
  #abandon(problem: Problem): void {
    this.#sync.replica?.abandon(problem);
    this.#keeper.keep();
  }

  #received(edits: Edit[]): void {
    this.#sync.receive(edits);
    for (const edit of edits) this.onEdit?.(edit);
  }

  #edited(): void {
    this.changed();
    this.#keeper.keep();
  }

  #step(side: "undo" | "redo"): void {
    const { replica } = this.#sync;
    if (!replica || !this.canEdit) return;
    replica.step(side, newId);
    this.#groups.end();
    this.#edited();
    this.#sync.send();
  }

  async #write(): Promise<void> {
    const { replica } = this.#sync;
    if (replica) await this.#store.keep(this.id, { ...replica.save(), role: this.role ?? "viewer" });
  }

  #saving(pending: number): Saving {
    if (pending > 0 && this.#keeper.isUnsafe && !this.isJoined) return "unsafe";
    if (!this.isJoined) return "offline";
    return pending > 0 ? "saving" : "saved";
  }

  /** Sends what a closed tab left, out of sight; then asks for it, since one does not hear one's own edits. */
  async #bringHome(orphan: Store): Promise<void> {
    const left = new Content(this.id, this.userId, this.connection, orphan);
    this.#orphans.add(left);
    left.onNotice = (notice) => this.onNotice?.(notice);
    await left.open();
    const look = async (): Promise<void> => {
      if (left.getState().saving !== "saved") return;
      stop();
      await left.kept();
      left.close();
      this.#orphans.delete(left);
      this.#sync.catchUp();
    };
    const stop = left.subscribe(() => void look());
    void look();
  }
}
