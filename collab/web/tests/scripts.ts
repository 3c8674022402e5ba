/** Plays a shared script (tests/vectors/README.md, A client's scripts) on a content of this SDK. */

import { expect, vi } from "vitest";
import { Connection, Content, type Notice, type Op } from "../sdk";
import type { FakeSocket } from "./socket";

type Json = Record<string, unknown>;
type Sent = [event: string, payload: Json];

export interface Step {
  make?: Op[];
  expect?: "unchanged";
  undo?: true;
  redo?: true;
  pause?: true;
  hear?: Json[];
  answer?: Json;
  disconnect?: true;
  connect?: true;
  sent?: Sent[];
  told?: Json[];
  view?: Record<string, unknown>;
}

const ROOM = "content_c";
/** A pause in which one stops typing: what follows is undone by itself. */
const PAUSE_MS = 1_001;
const ASKED = ["join_room", "edit_content", "undo_edit", "request_update"];

export class Player {
  readonly #content: Content;
  readonly #told: Notice[] = [];
  readonly #names = new Map<unknown, unknown>();
  #sent: Sent[] = [];
  #open: { event: string; asked: Json; resolve: (answer: object) => void }[] = [];

  constructor(
    readonly socket: FakeSocket,
    readonly document: Json,
  ) {
    socket.comesBack = false;
    socket.answers = { update_presence: () => ({ ok: true }) };
    for (const event of ASKED) socket.answers[event] = (asked: Json) => this.#ask(event, asked);
    const connection = new Connection({ token: "…" });
    connection.connect();
    this.#content = new Content("c", "ada", connection);
    this.#content.onNotice = (notice) => this.#told.push(notice);
  }

  async play(steps: readonly Step[]): Promise<void> {
    await this.#content.open();
    await comeToRest();
    this.#answer({ content: { version: 0, ...this.document } });
    await comeToRest();
    this.#sent = [];
    for (const [number, step] of steps.entries()) {
      this.#do(step);
      await comeToRest();
      const where = `step ${number}: ${JSON.stringify(step)}`;
      expect(this.#takeSent(step.sent ?? []), where).toEqual(step.sent ?? []);
      expect(this.#takeTold(step.told ?? []), where).toEqual(step.told ?? []);
      const seen = Object.keys(step.view ?? {}).map((place) => [place, this.#seen(place)]);
      expect(Object.fromEntries(seen), where).toEqual(step.view ?? {});
    }
    this.#content.close();
  }

  #do(step: Step): void {
    if (step.make) this.#content[step.expect ? "editUnchanged" : "edit"](...step.make);
    else if (step.undo) this.#content.undo();
    else if (step.redo) this.#content.redo();
    else if (step.pause) vi.advanceTimersByTime(PAUSE_MS);
    else if (step.hear) this.#hear(step.hear.map((short) => this.#edit(short)));
    else if (step.answer) this.#answer(step.answer);
    else if (step.disconnect) this.#break();
    else if (step.connect) this.socket.connect();
    else throw new Error(`expected a step of the format, got ${JSON.stringify(step)}`);
  }

  #hear(edits: Json[]): void {
    if (edits.length === 1) this.socket.hear("content_edited", edits[0]);
    else this.socket.hear("batch_update", { room_id: ROOM, edits });
  }

  #break(): void {
    this.#open = [];
    this.socket.break();
  }

  #ask(event: string, asked: Json): Promise<object> {
    this.#sent.push([event, structuredClone(asked)]);
    return new Promise((resolve) => this.#open.push({ event, asked, resolve }));
  }

  #answer(short: Json): void {
    const { event, asked, resolve } = this.#open.shift()!;
    if (short.error) {
      resolve({ ok: false, error: { message: "", ...short.error } });
      return;
    }
    const body = { ok: true, room: ROOM, role: "editor", roster: [] };
    if (event === "edit_content" || event === "undo_edit") {
      const entries = (short.overwrote ?? []) as { author: string }[];
      const overwrote = entries.map((entry) => ({ ...entry, author: author(entry.author) }));
      resolve({ ...body, edit_id: asked.edit_id, ops: asked.ops ?? [], dropped: [], ...short, overwrote });
    } else if (short.content) {
      const content = { id: "c", kind: "setlist", band_id: "b", ...short.content };
      resolve({ ...body, content, last_edit: short.last_edit ?? null });
    } else {
      resolve({ ...body, version: short.version, edits: (short.edits as Json[]).map((one) => this.#edit(one)) });
    }
  }

  #edit({ by, ...short }: Json): Json {
    const known = [...this.#names].find(([, name]) => name === short.edit_id);
    const edit_id = known?.[0] ?? short.edit_id;
    return { ...short, edit_id, room_id: ROOM, author: author(by as string), session_id: null, at: "2026-12-04T20:30:00.000Z" };
  }

  #takeSent(expected: Sent[]): Sent[] {
    const sent = this.#sent.splice(0);
    return sent.map(([event, { room, room_id, ...body }], index): Sent => {
      expect(room ?? room_id).toBe(ROOM);
      return [event, this.#named(body, expected[index]?.[1] ?? {})];
    });
  }

  #takeTold(expected: Json[]): Json[] {
    const told = this.#told.splice(0).flatMap((notice): Json[] => {
      const told = toldOf(notice);
      return told ? [told] : [];
    });
    return told.map((one, index) => this.#named(one, expected[index] ?? {}));
  }

  /** With the script's names for edits; one that is new gets the name that is expected of it. */
  #named(body: Json, expected: Json): Json {
    const named = { ...body };
    for (const key of ["edit_id", "target", "since_edit"]) {
      if (!(key in body)) continue;
      const isFree = ![...this.#names.values()].includes(expected[key]);
      if (!this.#names.has(body[key]) && isFree) this.#names.set(body[key], expected[key] ?? body[key]);
      named[key] = this.#names.get(body[key]) ?? body[key];
    }
    return named;
  }

  #seen(place: string): unknown {
    const view = this.#content.getState().document!;
    if (place === "items") return view.ordered.map(({ id }) => id);
    const [field, item = null] = place.split(".").reverse();
    return view.value(item, field!) ?? null;
  }
}

const author = (user: string): Json => ({ id: user, name: user.charAt(0).toUpperCase() + user.slice(1) });

/** In the scripts' words; null for what a view shows anyway. */
function toldOf(notice: Notice): Json | null {
  switch (notice.type) {
    case "edited":
      return null;
    case "reloaded":
    case "lost":
      return { ...notice };
    case "saved":
      return { type: "saved", edit_id: notice.editId, version: notice.version };
    case "overwrote": {
      const { editId: edit_id, by, ...clash } = notice;
      return { ...clash, edit_id, by: by.id };
    }
    case "overwritten":
      return { ...notice, by: notice.by.id };
    case "dropped":
      return { type: "dropped", edit_id: notice.editId, op: notice.op, reason: notice.reason };
    case "refused":
      return { type: "refused", edit_id: notice.editId, code: notice.error.code, ops: notice.ops };
  }
}

async function comeToRest(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await vi.advanceTimersByTimeAsync(0);
}
