/** The order of what comes in: what an answer says counts from where it stands among the events. */

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { BandRoom, Connection } from "../sdk";
import { OwnPresence } from "../sdk/presence";
import type { Retries } from "../sdk/retries";
import { FakeSocket } from "./socket";

let socket: FakeSocket;

vi.mock("socket.io-client", () => ({ io: () => socket }));

const summary = (id: string, title: string) => ({ id, kind: "setlist", title, version: 0, updated_at: "", updated_by: { id: "ben", name: "Ben" } });
const presence = (id: string) => ({ session_id: id, user: { id, name: id, color: "#000000" }, status: "active", focus: null, joined_at: id, last_seen: id });
const listed = (id: string, title: string) => ({ type: "setlist", action: "update", band_id: "b", data: summary(id, title) });
const JOINED = { ok: true, room: "band_b", role: "editor", roster: [presence("ada")], contents: [summary("friday", "Friday")] };

let connection: Connection;
let band: BandRoom;

const titles = () => band.getState().contents.map(({ title }) => title);

beforeEach(() => {
  vi.useFakeTimers();
  socket = new FakeSocket();
  connection = new Connection({ token: "…" });
  connection.connect();
  band = new BandRoom("b", connection).open();
});

afterEach(() => {
  vi.useRealTimers();
});

test("what follows the answer to join_room in one turn follows it", () => {
  socket.answer("join_room", JOINED);
  socket.hear("presence_updated", { room: "band_b", sessions: [presence("ben")] });
  socket.hear("content_updated", listed("saturday", "Saturday"));
  expect([...band.getState().roster.sessions.keys()]).toEqual(["ada", "ben"]);
  expect(titles()).toEqual(["Friday", "Saturday"]);
});

test("what is heard before the answer to join_room is not lost, the first time and when a membership has changed", () => {
  socket.hear("content_updated", listed("friday", "Friday night"));
  socket.answer("join_room", JOINED);
  expect(titles()).toEqual(["Friday night"]);
  socket.hear("content_updated", { type: "membership", action: "update", data: { band_id: "b", role: "owner" } });
  socket.hear("content_updated", listed("friday", "Friday late"));
  socket.answer("join_room", { ...JOINED, role: "owner" });
  expect(titles()).toEqual(["Friday late"]);
  expect(band.getState().role).toBe("owner");
});

test("of presence the answer to join_room has what was heard before it", () => {
  // Ada comes back as her grace ends: that she has left is told right before she is there again.
  socket.hear("presence_updated", { room: "band_b", sessions: [presence("ben")] });
  socket.hear("user_left", { room: "band_b", user_id: "ada", last_seen: "later" });
  socket.answer("join_room", JOINED);
  expect([...band.getState().roster.sessions.keys()]).toEqual(["ada"]);
});

test.each(["join_room", "content_updated"])("a room that the SDK fails in at %s is told so, and takes no other with it", (event) => {
  const logged = vi.spyOn(console, "error").mockImplementation(() => undefined);
  const other = new BandRoom("other", connection).open();
  if (event === "join_room") socket.answer(event, { ok: true });
  else {
    socket.answer("join_room", JOINED);
    socket.hear(event, { type: "setlist", action: "update", band_id: "b" });
  }
  socket.answer("join_room", { ...JOINED, room: "band_other" });
  expect(band.getState()).toMatchObject({ isJoined: false, problem: { code: "broken" } });
  expect(other.getState()).toMatchObject({ isJoined: true, problem: null });
  expect(logged).toHaveBeenCalledOnce();
  socket.break();
  expect(socket.of("join_room").map(({ payload }) => payload.room)).toEqual(["band_b", "band_other", "band_other"]);
});

test("what the host application tells is for its listeners, and no news of a band's contents", () => {
  socket.answer("join_room", JOINED);
  const heard: unknown[] = [];
  const stop = connection.onHost((event, payload) => heard.push([event, payload]));
  const added = { type: "repertoire", action: "add", data: { title: "Tiger Rag" }, from_host: true };
  const joined = { type: "membership", action: "add", data: null, from_host: true };
  for (const payload of [added, joined]) socket.hear("content_updated", payload);
  socket.hear("host_poster", ["printed", 3]);
  socket.hear("host_end", undefined);
  socket.hear("content_updated", listed("friday", "Saturday"));
  expect(heard).toEqual([["content_updated", added], ["content_updated", joined], ["host_poster", ["printed", 3]], ["host_end", undefined]]);
  expect(titles()).toEqual(["Saturday"]);
  stop();
  socket.hear("host_poster", 1);
  expect(heard).toHaveLength(4);
});

test("who says that they are at an item that is gone may say so again once it is back", async () => {
  const retries = { worked: () => undefined, laterIfBusy: () => undefined } as unknown as Retries;
  const own = new OwnPresence("content_c", connection, retries, () => true);
  const said = () => socket.sent.filter(({ event }) => event === "update_presence").map(({ payload }) => payload["focus"]);
  socket.answers = { update_presence: () => ({ ok: true, focus: null }) };
  for (const turn of [1, 2]) {
    own.setFocus({ item: "iko" });
    await vi.advanceTimersByTimeAsync(100);
    expect(said()).toHaveLength(turn);
  }
  socket.answers = { update_presence: () => ({ ok: true }) };
  for (const _again of [1, 2]) {
    own.setFocus({ item: "iko" });
    await vi.advanceTimersByTimeAsync(100);
    expect(said()).toHaveLength(3);
  }
});
