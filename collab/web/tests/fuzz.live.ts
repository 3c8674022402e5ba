/**
 * Members with the whole SDK, at random, against the server at COLLAB_LIVE. Run by tests/web/test_sdk_live.py, which
 * compares what each was told, as written to `report`, with the history.
 */

import { writeFileSync } from "node:fs";
import { afterAll, afterEach, beforeEach, expect, test, vi } from "vitest";
import { Connection, Content, type Notice, type Op, Rest } from "../sdk";
import { anyOp, dice, until } from "./live";

const { url, members: people, contentId, seed, turns, report } = JSON.parse(process.env.COLLAB_LIVE ?? "") as {
  url: string;
  members: [user: string, token: string][];
  contentId: string;
  seed: number;
  turns: number;
  report: string;
};

/** Called with each id that the SDK makes. */
const maker = vi.hoisted(() => ({ made: (_: string): void => undefined }));
vi.mock("../sdk/ids", async (load) => {
  const { newId } = await load<{ newId: () => string }>();
  const told = (): string => {
    const id = newId();
    maker.made(id);
    return id;
  };
  return { newId: told };
});

const timeout = 50_000 + turns * 20;
/** A pause in which one stops typing: what follows is undone by itself. */
const PAUSE_MS = 1_001;
const random = dice(seed);

class Member {
  readonly connection: Connection;
  readonly content: Content;
  readonly told: Notice[] = [];
  /** The version with which they opened the content. */
  since = 0;
  /** The ids made while this member did something, each with the version that they saw then. */
  readonly made: Record<string, number> = {};
  /** Their clock as they edit: it stands but for pauses, and is behind, so that no ping seems overdue. */
  #now = Date.now() - 86_400_000;

  constructor(
    readonly user: string,
    token: string,
  ) {
    this.connection = new Connection({ url, token });
    this.content = new Content(contentId, user, this.connection);
    this.content.onNotice = (notice) => this.told.push(notice);
  }

  get document(): NonNullable<ReturnType<Content["getState"]>["document"]> {
    return this.content.getState().document!;
  }

  async enter(): Promise<void> {
    this.connection.connect();
    await this.content.open();
    await until(this.content, (one) => one.document !== null);
    this.since = this.document.version;
  }

  leave(): void {
    this.content.close();
    this.connection.disconnect();
  }

  /** Whether they have everything up to a version, and nothing else. */
  isAt(version: number): boolean {
    const { saving, document } = this.content.getState();
    return saving === "saved" && document?.version === version;
  }

  /** What they see, whatever its version. */
  get sight(): object {
    const { fields, items } = this.document.toJson();
    return { fields, items };
  }

  pause(): void {
    this.#now += PAUSE_MS;
  }

  edit(op: Op): void {
    this.#act(() => this.content.edit(op));
  }

  step(side: "undo" | "redo"): void {
    this.#act(() => this.content[side]());
  }

  /** Their line breaks, or comes back. */
  trouble(): void {
    if (random(2)) this.connection.suspend();
    else this.connection.connect();
  }

  #act(action: () => void): void {
    const { version } = this.document;
    maker.made = (id) => void (this.made[id] ??= version);
    const clock = vi.spyOn(Date, "now").mockReturnValue(this.#now);
    action();
    clock.mockRestore();
    maker.made = () => undefined;
  }
}

/** Those of all tests. Each begins with members who have just come, and hear all that is edited from then on. */
const everybody: Member[] = [];
let members: Member[];
const rest = new Rest(people[0]![1], url);

beforeEach(async () => {
  members = people.map(([user, token]) => new Member(user, token));
  everybody.push(...members);
  await Promise.all(members.map((member) => member.enter()));
}, timeout);

afterEach(() => {
  for (const member of members) member.leave();
});

afterAll(() => {
  const told = everybody.map(({ user, since, told, made }) => ({ user, since, told: told.map(brief), made }));
  writeFileSync(report, JSON.stringify(told));
});

test("three members who edit at random over bad lines end with the server's document", { timeout }, async () => {
  for (let turn = 0; turn < turns; turn += 1) {
    const member = members[random(members.length)]!;
    const roll = random(12);
    if (roll < 2) member.trouble();
    else if (roll === 2) member.step(random(3) ? "undo" : "redo");
    else member.edit(anyOp(member.content, random));
    if (random(3) === 0) member.pause();
    await sometime();
  }
  await comeToRest();
});

test("alone, one goes back and forth through what one saw, at once and for good", { timeout }, async () => {
  for (let turn = 0; turn < turns; turn += 50) {
    const alone = new Alone(members[random(members.length)]!);
    for (let step = 0; step < 50; step += 1) {
      alone.goOn();
      await sometime();
    }
    alone.goThroughAll();
    await comeToRest();
    alone.check();
  }
});

test("what an undo shows is what is stored, whoever edited in between", { timeout }, async () => {
  for (let turn = 0; turn < turns; turn += 10) {
    const member = members[random(members.length)]!;
    for (let step = 0; step < 10; step += 1) {
      if (random(2)) member.step(random(3) ? "undo" : "redo");
      else member.edit(anyOp(member.content, random));
      if (random(3) === 0) member.pause();
    }
    const shown = member.sight;
    await comeToRest();
    expect(member.sight).toEqual(shown);
  }
});

/** A member whom nobody disturbs, with what they saw at each point that undo and redo come by. */
class Alone {
  readonly #seen: object[];
  #at = 0;
  /** The field that they wrote last, while they can go on with it. */
  #field: string | null = null;

  constructor(readonly member: Member) {
    member.pause();
    this.#seen = [member.sight];
  }

  goOn(): void {
    const roll = random(10);
    if (roll === 0) this.member.trouble();
    else if (roll === 1 && this.#at > 0) this.#step("undo");
    else if (roll === 2 && this.#at < this.#seen.length - 1) this.#step("redo");
    else this.#edit(anyOp(this.member.content, random));
  }

  goThroughAll(): void {
    while (this.#at > 0) this.#step("undo");
    while (this.#at < this.#seen.length - 1) this.#step("redo");
  }

  check(): void {
    expect(this.member.sight).toEqual(this.#seen[this.#at]);
  }

  #edit(op: Op): void {
    const field = op.op === "text" || op.op === "set" ? `${op.item} ${op.field}` : null;
    const pauses = random(3) === 0;
    if (pauses) this.member.pause();
    this.member.edit(op);
    if (pauses || field === null || field !== this.#field) this.#at += 1;
    this.#seen.splice(this.#at, Infinity, this.member.sight);
    this.#field = field;
  }

  #step(side: "undo" | "redo"): void {
    this.member.step(side);
    this.#at += side === "undo" ? -1 : 1;
    this.#field = null;
    this.check();
  }
}

/** Whether there is time for anything to come in. */
async function sometime(): Promise<void> {
  if (random(3) === 0) await new Promise((resolve) => setTimeout(resolve, random(12)));
}

/** Everybody is connected, has everything stored, and has the server's document. */
async function comeToRest(): Promise<void> {
  for (const { connection } of members) connection.connect();
  for (;;) {
    await Promise.all(members.map(({ content }) => until(content, (one) => one.saving === "saved")));
    const stored = await rest.content(contentId);
    await Promise.all(members.map(({ content }) => until(content, (one) => one.document!.version >= stored.version)));
    // Else somebody had gone on meanwhile.
    if (!members.every((member) => member.isAt(stored.version))) continue;
    for (const { document, told } of members) {
      expect(document.toJson()).toEqual(stored);
      expect(told.filter(({ type }) => type === "refused")).toEqual([]);
    }
    return;
  }
}

/** A notice without the document that it may hold. */
const brief = (notice: Notice): object => ({ ...notice, before: undefined });
