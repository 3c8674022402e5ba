/** The scripts that this SDK and the Python one play alike. */

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Backoff } from "../sdk/backoff";
import { Player } from "./scripts";
import { FakeSocket } from "./socket";
import { scripts } from "./vectors";

let socket: FakeSocket;

vi.mock("socket.io-client", () => ({ io: () => socket }));

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Backoff.prototype, "delay_ms").mockReturnValue(0);
  socket = new FakeSocket();
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

test("there are scripts of every sort", () => {
  expect(scripts().length).toBeGreaterThan(24);
});

test.each(scripts())("%s", async (_name, document, { steps, max_message_bytes = 1_000_000 }) => {
  socket.maxMessageBytes = max_message_bytes;
  await new Player(socket, document).play(steps);
});
