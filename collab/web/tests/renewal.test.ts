/** Short tokens: a session goes on with the next one. */

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Connection } from "../sdk";
import { FakeSocket } from "./socket";

let socket: FakeSocket;

vi.mock("socket.io-client", () => ({ io: (_: string, { auth }: Pick<FakeSocket, "auth">) => Object.assign(socket, { auth }) }));

beforeEach(() => {
  vi.useFakeTimers();
  socket = new FakeSocket();
});

afterEach(() => {
  vi.useRealTimers();
});

const inMinutes = (minutes: number): string => new Date(Date.now() + minutes * 60_000).toISOString();

test("a minute before its token ends a session shows another, again and again", async () => {
  socket.expiresAt = inMinutes(10);
  socket.answers = { authenticate: () => ({ ok: true, expires_at: inMinutes(10) }) };
  let made = 0;
  const connection = new Connection({ token: () => `token-${++made}` });
  connection.connect();
  await vi.advanceTimersByTimeAsync(9 * 60_000 - 1);
  expect(socket.of("authenticate")).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(socket.of("authenticate").map(({ payload }) => payload)).toEqual([{ token: "token-1" }]);
  await vi.advanceTimersByTimeAsync(9 * 60_000);
  expect(socket.of("authenticate")).toHaveLength(2);
  connection.disconnect();
});

test("with a plain token nothing is shown again", async () => {
  socket.expiresAt = inMinutes(1);
  const connection = new Connection({ token: "plain" });
  connection.connect();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(socket.of("authenticate")).toEqual([]);
});
