/** What an import is said to bring, and what came of it. */

import { afterEach, expect, test, vi } from "vitest";
import { differingLine, follow, isNothing, lossOf, oneFile, outcomeOf } from "../app/importing";
import { type ImportPreview, type ImportResult, type Job, Rest, RestError } from "../sdk";

afterEach(() => vi.unstubAllGlobals());

test.each([
  [{ total: 12, lost_count: 0 }, ""],
  [{ total: 4, lost_count: 1 }, "4 songs found, 1 line lost."],
  [{ total: 2, lost_count: 2643 }, "Most of old.csv was not understood: 2 songs found, 2643 lines lost."],
  [{ total: 0, lost_count: 1 }, "No song was found in old.csv."],
])("what is lost of %o", (counts, words) => {
  expect(lossOf({ name: "old.csv", ...counts })).toBe(words);
});

const NOTHING: ImportResult = { problems: [], problem_count: 0, lost_count: 0, remarks: [] };
const job = (status: Job["status"], total: number, result: Partial<ImportResult>): Job =>
  ({ status, total, result: { ...NOTHING, ...result } }) as Job;

test.each<[Job, string[]]>([
  [job("completed", 8, { added: 2, updated: 1, unchanged: 5 }), ["Imported", "2 added, 1 changed, 5 left as they were."]],
  [job("completed", 1, { added: 0, updated: 0, unchanged: 1 }), ["Imported", "1 left as it was."]],
  [job("error", 0, { message: "no song was found in x.pdf" }), ["Nothing came in", "No song was found in x.pdf."]],
  [
    job("error", 1, { message: "most of x.csv is lost: 1 songs came in, 2 lines were not understood", added: 1 }),
    ["Not all of it came in", "Most of x.csv is lost: 1 songs came in, 2 lines were not understood. 1 added."],
  ],
  [job("cancelled", 90, { message: "Ada cancelled it", added: 50 }), ["The import was ended", "Ada cancelled it. 50 added."]],
])("what came of it is said, %#", (job, words) => {
  expect(outcomeOf(job)).toEqual(words);
});

test("a setlist is never nothing new", () => {
  const same = { total: 3, same: 3, kind: "repertoire" } as ImportPreview;
  expect(isNothing(same)).toBe(true);
  expect(isNothing({ ...same, same: 2 })).toBe(false);
  expect(isNothing({ ...same, kind: "setlist", same: 0 })).toBe(false);
});

test("of two texts the first lines that differ are told", () => {
  expect(differingLine("[F]Hey\n[C]now", "[F]Hey\n[G]now")).toEqual(["[C]now", "[G]now"]);
  expect(differingLine("a", "a\nb")).toEqual(["", "b"]);
  expect(differingLine("a\nb", "a")).toEqual(["b", ""]);
});

test("one file goes as it is, several as a zip of them", async () => {
  const files = ["a.cho", "b.cho"].map((name) => new File([`{title: ${name}}`], name));
  expect(await oneFile(files.slice(0, 1))).toBe(files[0]);
  const zip = await oneFile(files);
  const text = await zip.text();
  expect(zip.name).toBe("2 files.zip");
  expect(text.startsWith("PK\x03\x04")).toBe(true);
  for (const { name } of files) expect(text).toContain(`{title: ${name}}`);
});

test("a job is followed over a line that drops, until it is over", async () => {
  vi.useFakeTimers();
  const answers = [job("running", 2, {}), new RestError(0, "unreachable", ""), job("completed", 2, {})];
  vi.spyOn(Rest.prototype, "job").mockImplementation(async () => {
    const answer = answers.shift()!;
    if (answer instanceof RestError) throw answer;
    return answer;
  });
  const seen: string[] = [];
  const followed = follow(new Rest("token"), "j", ({ status }) => seen.push(status), () => false);
  await vi.runAllTimersAsync();
  await followed;
  expect(seen).toEqual(["running", "completed"]);
  vi.useRealTimers();
  vi.restoreAllMocks();
});

test("a file goes out as a form, with what is to become of songs that are there", async () => {
  const sent: [string, RequestInit][] = [];
  vi.stubGlobal("fetch", async (url: string, options: RequestInit) => {
    sent.push([url, options]);
    return Response.json({ job_id: "j" });
  });
  await new Rest("token").startImport("b 1", new File(["title"], "x.csv"), "empty", { 3: "both" });
  const [url, { method, headers, body }] = sent[0]!;
  expect([url, method, headers]).toEqual(["/api/bands/b%201/imports", "POST", { Authorization: "Bearer token" }]);
  const form = body as FormData;
  expect([(form.get("file") as File).name, form.get("policy"), form.get("choices")]).toEqual(["x.csv", "empty", '{"3":"both"}']);
});

test("an exported file has the name that the server gives it", async () => {
  const headers = { "Content-Disposition": "attachment; filename*=UTF-8''Friday%20%E2%99%AA.csv" };
  vi.stubGlobal("fetch", async () => new Response("title", { headers }));
  const file = await new Rest("token").exported("c", "csv");
  expect([file.name, await file.text()]).toEqual(["Friday ♪.csv", "title"]);
  expect((await new Rest("token").mine()).name).toBe("Friday ♪.csv");
  vi.stubGlobal("fetch", async () => Response.json({ error: { code: "forbidden", message: "no" } }, { status: 403 }));
  await expect(new Rest("token").exported("c", "csv")).rejects.toMatchObject({ status: 403, code: "forbidden" });
});
