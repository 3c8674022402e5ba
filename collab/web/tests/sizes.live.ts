/** What is too large for a message, against the server at COLLAB_LIVE. Run by tests/e2e/test_client_sizes.py. */

import { expect, test } from "vitest";
import { Connection, Content, type Notice, type Op } from "../sdk";
import { until } from "./live";

const { url, token, contentId, transport } = JSON.parse(process.env.COLLAB_LIVE ?? "") as {
  url: string;
  token: string;
  contentId: string;
  transport: "websocket" | "polling";
};

const tune = (number: number): Op => ({
  op: "insert",
  item: {
    id: `tune-${number}`,
    type: "song",
    position: `b${String(number).padStart(4, "0")}V`,
    fields: { title: `Tune ${number}`, notes: "la ".repeat(1_360) },
  },
});

test("it is cut or refused where it was made, and what comes after it goes on", { timeout: 60_000 }, async () => {
  const connection = new Connection({ url, token, transports: [transport] });
  const content = new Content(contentId, "ada", connection);
  const told: Notice[] = [];
  content.onNotice = (notice) => told.push(notice);
  connection.connect();
  await content.open();
  await until(content, () => content.getState().document !== null);
  const { sessionId } = connection;
  const has = (item: string): boolean => content.getState().document!.items.has(item);
  content.edit({ op: "text", item: null, field: "notes", delta: ["x".repeat(1_100_000)] });
  content.setField("iko", "key", "G");
  content.edit(...Array.from({ length: 300 }, (_, number) => tune(number)));
  content.setField("tune-299", "key", "G");
  await until(content, () => content.getState().pending === 0);
  expect(told.filter(({ type }) => type !== "saved")).toMatchObject([{ type: "refused", error: { code: "too_large" } }]);
  expect(content.getState().document?.version).toBe(4);
  const everything = content.getState().document!.items;
  // One undo takes back all that was made as one, however many edits it went in; one redo brings it back.
  content.undo();
  content.undo();
  expect(has("tune-0") || has("tune-299")).toBe(false);
  await until(content, () => content.getState().pending === 0);
  expect(has("tune-0") || has("tune-299")).toBe(false);
  content.redo();
  content.redo();
  expect(content.getState().document?.items).toEqual(everything);
  await until(content, () => content.getState().pending === 0);
  expect(content.getState().document?.items).toEqual(everything);
  expect(content.getState().document?.version).toBe(10);
  expect(connection.sessionId).toBe(sessionId);
  content.close();
  connection.disconnect();
});
