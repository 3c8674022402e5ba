/** A content on its connection: what a silent, a refusing and a returning server make of an edit. */

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Connection, Content } from "../sdk";
import { type Answers, FakeSocket } from "./socket";

let socket: FakeSocket;

vi.mock("socket.io-client", () => ({ io: (_: string, { auth }: Pick<FakeSocket, "auth">) => Object.assign(socket, { auth }) }));

const DOCUMENT = { id: "c", kind: "setlist", band_id: "b", version: 0, fields: {}, items: [] };
const JOINED = { ok: true, room: "content_c", role: "editor", roster: [], content: DOCUMENT };

const EDIT = { room_id: "content_c", edit_id: "e", base_version: 0, author: { id: "ben", name: "Ben" }, session_id: "s", at: "" };

const stored = (version: number) => (payload: { edit_id: string; ops: object[] }) => ({
  ok: true,
  edit_id: payload.edit_id,
  version,
  ops: payload.ops,
  dropped: [],
  overwrote: [],
});
const refused = (code: string, details?: object) => () => ({ ok: false, error: { code, message: code, details } });

/** A content that is open, on a server that answers like this. */
async function opened(answers: Answers): Promise<Content> {
  socket.answers = { join_room: () => JOINED, update_presence: () => ({ ok: true }), ...answers };
  const connection = new Connection({ token: "…" });
  connection.connect();
  const content = await new Content("c", "ada", connection).open();
  await vi.advanceTimersByTimeAsync(0);
  return content;
}

beforeEach(() => {
  vi.useFakeTimers();
  socket = new FakeSocket();
});

afterEach(() => {
  vi.useRealTimers();
});

test("an edit that is not answered ends the connection, and goes out again on the next one, the same", async () => {
  const content = await opened({});
  content.setField(null, "venue", "Blue Nile");
  await vi.advanceTimersByTimeAsync(9_999);
  expect(content.getState()).toMatchObject({ saving: "saving", pending: 1 });
  expect(socket.of("edit_content")).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(1);
  const [first, second] = socket.of("edit_content");
  expect(second?.payload).toEqual(first?.payload);
  expect([first?.socketId, second?.socketId]).toEqual(["socket-1", "socket-2"]);
});

test("a connection on which messages still come is given up for no answer that is late", async () => {
  const content = await opened({});
  content.setField(null, "venue", "Blue Nile");
  for (let seconds = 0; seconds < 60; seconds += 6) {
    await vi.advanceTimersByTimeAsync(6_000);
    socket.hear("part", { text: "…" });
  }
  expect(socket.id).toBe("socket-1");
  await vi.advanceTimersByTimeAsync(10_000);
  expect(socket.id).toBe("socket-2");
});

test("a large edit is given the time that it takes on a slow line", async () => {
  const content = await opened({});
  content.setField(null, "notes", "x".repeat(400_000));
  await vi.advanceTimersByTimeAsync(100_000);
  expect(socket.id).toBe("socket-1");
  await vi.advanceTimersByTimeAsync(1_000);
  expect(socket.id).toBe("socket-2");
});

test("an answer and an event that come in parts are taken in whole", async () => {
  const content = await opened({});
  delete socket.answers.join_room;
  socket.break();
  const edit = { ...EDIT, version: 1, ops: [{ op: "set", item: null, field: "venue", value: "Blue Nile" }] };
  for (const [payload, whole] of [
    [{ ok: true, room: "content_c", role: "editor", roster: [], version: 0, edits: [] }, "join_room"],
    [{ room_id: "content_c", edits: [edit] }, "batch_update"],
  ] as const) {
    const text = JSON.stringify(payload);
    for (const part of [text.slice(0, 30), text.slice(30)]) socket.hear("part", { text: part });
    if (whole === "join_room") socket.answer(whole, { in_parts: 2 });
    else socket.hear(whole, { in_parts: 2 });
  }
  expect(content.getState()).toMatchObject({ saving: "saved" });
  expect(content.getState().document?.fields).toEqual({ venue: "Blue Nile" });
});

test("parts of a connection that broke are no part of what comes on the next", async () => {
  const content = await opened({});
  delete socket.answers.join_room;
  socket.hear("part", { text: '{"ok":tr' });
  socket.break();
  for (const part of ['{"ok":true,"room":"content_c","role":"viewer",', '"roster":[],"version":0,"edits":[]}']) {
    socket.hear("part", { text: part });
  }
  socket.answer("join_room", { in_parts: 2 });
  expect(content.getState()).toMatchObject({ saving: "saved", role: "viewer" });
});

test("what waits is shown as waiting while there is no connection, and saved once the next one has it", async () => {
  const content = await opened({});
  content.setField(null, "venue", "Blue Nile");
  socket.comesBack = false;
  await vi.advanceTimersByTimeAsync(10_000);
  expect(content.getState()).toMatchObject({ saving: "offline", pending: 1 });
  socket.answers.edit_content = stored(1);
  socket.connect();
  await vi.advanceTimersByTimeAsync(0);
  expect(content.getState()).toMatchObject({ saving: "saved", pending: 0 });
  expect(content.getState().document?.fields).toEqual({ venue: "Blue Nile" });
});

test("an answer that is lost with its connection ends no later connection", async () => {
  const content = await opened({});
  content.setField(null, "venue", "Blue Nile");
  socket.break();
  socket.answers.edit_content = stored(1);
  socket.break();
  await vi.advanceTimersByTimeAsync(20_000);
  expect(socket.id).toBe("socket-3");
  expect(content.getState().saving).toBe("saved");
});

test("a server that does not answer join_room is left for another try", async () => {
  socket.comesBack = true;
  const content = await opened({});
  socket.break();
  delete socket.answers.join_room;
  socket.break();
  await vi.advanceTimersByTimeAsync(9_999);
  expect(socket.id).toBe("socket-3");
  socket.answers.join_room = () => JOINED;
  await vi.advanceTimersByTimeAsync(1);
  expect(socket.id).toBe("socket-4");
  expect(content.getState().saving).toBe("saved");
});

test.each(["rate_limited", "unavailable", "unauthenticated"])("an edit that is refused as %s goes out again, the same", async (code) => {
  const content = await opened({ edit_content: refused(code, { retry_after: 2 }) });
  content.setField(null, "venue", "Blue Nile");
  await vi.advanceTimersByTimeAsync(0);
  expect(content.getState()).toMatchObject({ saving: "saving", pending: 1 });
  socket.answers.edit_content = stored(1);
  await vi.advanceTimersByTimeAsync(3_000);
  const [first, second] = socket.of("edit_content");
  expect(second?.payload).toEqual(first?.payload);
  expect(content.getState().saving).toBe("saved");
});

test("an edit that is refused for good goes, and what it said is told", async () => {
  const content = await opened({ edit_content: refused("invalid") });
  const told: string[] = [];
  content.onNotice = (notice) => told.push(notice.type);
  content.setField(null, "venue", "Blue Nile");
  await vi.advanceTimersByTimeAsync(0);
  expect(content.getState()).toMatchObject({ saving: "saved", pending: 0 });
  expect(content.getState().document?.fields).toEqual({});
  expect(told).toEqual(["refused"]);
});

test("a server with another history, as after a restored backup, is followed, and gets what waits here", async () => {
  const content = await opened({});
  socket.hear("content_edited", { ...EDIT, version: 1, ops: [{ op: "set", item: null, field: "venue", value: "Lost" }] });
  content.setField(null, "notes", "kept");
  socket.answers.join_room = (payload: { since?: number }) => (payload.since ? refused("version_unknown")() : JOINED);
  socket.answers.request_update = () => ({ ok: true, version: 0, edits: [] });
  socket.answers.edit_content = stored(1);
  socket.break();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(content.getState()).toMatchObject({ saving: "saved", problem: null });
  expect(content.getState().document?.toJson()).toMatchObject({ version: 1, fields: { notes: "kept" } });
});

test("an edit whose base the server has folded away is made anew on the whole document", async () => {
  const content = await opened({ edit_content: refused("version_unknown") });
  content.setField(null, "notes", "kept");
  await vi.advanceTimersByTimeAsync(0);
  socket.answers.request_update = () => ({ ok: true, content: { ...DOCUMENT, version: 7 } });
  socket.answers.edit_content = stored(8);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(socket.of("edit_content").map(({ payload }) => payload.base_version)).toEqual([0, 7]);
  expect(content.getState().saving).toBe("saved");
});

test("what the others see of this session is told once for many moves, and again on the next connection", async () => {
  const content = await opened({});
  for (const head of [1, 2, 3]) content.focus({ item: null, field: "notes", anchor: head, head });
  content.setStatus("idle");
  await vi.advanceTimersByTimeAsync(100);
  socket.break();
  await vi.advanceTimersByTimeAsync(100);
  const told = { room: "content_c", status: "idle", focus: { item: null, field: "notes", anchor: 3, head: 3 } };
  expect(socket.of("update_presence").map(({ payload }) => payload)).toEqual([told, told]);
});

test("a first move is told at once, and those behind it not before the others have seen it for a while", async () => {
  const content = await opened({});
  const told = (): unknown[] => socket.of("update_presence").map(({ payload }) => payload.focus);
  content.focus(null);
  content.focus({ item: "one", lead: true });
  await vi.advanceTimersByTimeAsync(1);
  expect(told()).toEqual([{ item: "one", lead: true }]);
  content.focus({ item: "two", lead: true });
  await vi.advanceTimersByTimeAsync(50);
  expect(told()).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(20);
  expect(told()).toHaveLength(2);
});

test("what is heard before the answer to join_room follows it", async () => {
  const content = await opened({});
  delete socket.answers.join_room;
  socket.break();
  socket.hear("content_edited", { ...EDIT, version: 1, ops: [{ op: "set", item: null, field: "venue", value: "Blue Nile" }] });
  expect(content.getState().document?.version).toBe(0);
  socket.answer("join_room", { ok: true, room: "content_c", role: "editor", roster: [], version: 0, edits: [] });
  expect(content.getState().document?.fields).toEqual({ venue: "Blue Nile" });
});

test.each(["token_invalid", "token_expired", "token_missing"])("a function is asked for another token while %s", async (code) => {
  const connection = new Connection({ token: () => "…" });
  connection.connect();
  socket.refuse(code);
  expect(connection.getState()).toMatchObject({ state: "refused", code, isFinal: false });
  for (const most_ms of [750, 1_500, 3_000]) {
    await vi.advanceTimersByTimeAsync(most_ms);
    expect(socket.active).toBe(true);
    socket.refuse(code);
  }
  await vi.advanceTimersByTimeAsync(6_000);
  expect(connection.isOnline).toBe(true);
});

test("a function that fails is told and asked again, and no connection waits for it", async () => {
  let isDown = true;
  const token = () => (isDown ? Promise.reject(new Error("offline")) : Promise.resolve("fresh"));
  const connection = new Connection({ token });
  const give = vi.fn();
  connection.connect();
  socket.auth(give);
  await vi.advanceTimersByTimeAsync(0);
  expect(connection.getState()).toMatchObject({ state: "refused", code: "token_missing", isFinal: false });
  expect(socket.active).toBe(false);
  isDown = false;
  await vi.advanceTimersByTimeAsync(750);
  expect(socket.active).toBe(true);
  socket.auth(give);
  await vi.advanceTimersByTimeAsync(0);
  expect(give.mock.calls).toEqual([[{ token: "fresh" }]]);
});

test("a plain token that is refused is final, until there is another", async () => {
  const connection = new Connection({ token: "bad" });
  connection.connect();
  socket.refuse("token_invalid");
  await vi.advanceTimersByTimeAsync(600_000);
  expect(socket.active).toBe(false);
  expect(connection.getState()).toMatchObject({ state: "refused", isFinal: true });
  connection.renew("bad");
  expect(socket.active).toBe(false);
  connection.renew("good");
  expect(connection.isOnline).toBe(true);
});

test("a content that is closed leaves no timer behind", async () => {
  const content = await opened({ edit_content: refused("unavailable") });
  content.setField(null, "venue", "Blue Nile");
  content.focus({ item: null, field: "venue" });
  await vi.advanceTimersByTimeAsync(0);
  content.close();
  const count = socket.sent.length;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(socket.sent).toHaveLength(count);
  expect(vi.getTimerCount()).toBe(0);
});

test("back-off begins anew only after a connection that held and carried something", async () => {
  vi.spyOn(Math, "random").mockReturnValue(0.5);
  await opened({});
  for (let count = 0; count < 3; count += 1) {
    socket.break();
    await vi.advanceTimersByTimeAsync(4_999);
  }
  await vi.advanceTimersByTimeAsync(1);
  socket.break();
  expect(socket.delays).toEqual([500, 1_000, 2_000, 500]);
  socket.answers = {};
  socket.break();
  await vi.advanceTimersByTimeAsync(5_000);
  socket.break();
  expect(socket.delays.slice(4)).toEqual([1_000, 2_000]);
  vi.restoreAllMocks();
});
