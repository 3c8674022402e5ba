import { afterEach, expect, test, vi } from "vitest";
import { Rest, RestError } from "../sdk";

afterEach(() => vi.unstubAllGlobals());

/** What a call says where the server answers so. */
async function said(answer: Response): Promise<unknown> {
  vi.stubGlobal("fetch", async () => answer);
  return new Rest("token").me().catch((error: unknown) => error);
}

/** An answer whose line drops after its first bytes. */
function cutOff(status: number): Response {
  const body = new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode('{"user":'));
      controller.error(new TypeError("network error"));
    },
  });
  return new Response(body, { status });
}

test("an answer that is cut off on its way is no answer: the server could not be reached", async () => {
  const error = await said(cutOff(200));
  expect(error).toBeInstanceOf(RestError);
  expect(error).toMatchObject({ status: 0, code: "unreachable" });
});

test("a refusal keeps its status, also without its words", async () => {
  expect(await said(cutOff(502))).toMatchObject({ status: 502, code: "unknown" });
  expect(await said(Response.json(null, { status: 503 }))).toMatchObject({ status: 503, code: "unknown" });
  const words = { error: { code: "unauthorized", message: "expected a token" } };
  expect(await said(Response.json(words, { status: 401 }))).toMatchObject({ status: 401, ...words.error });
});
