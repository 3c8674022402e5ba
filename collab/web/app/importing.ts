/** An import, step by step: what is chosen becomes one file, the server shows what is in it, and brings it in. */

import { type ImportPreview, type ImportResult, type Job, type Policy, type Rest, RestError } from "../react";

export const POLICIES: Readonly<Record<Policy, string>> = {
  theirs: "Take the file's",
  ours: "Keep ours",
  empty: "Fill only what is empty",
  both: "Keep both",
};

/** What becomes of songs that are there already: of all, and of single ones by their number. */
export interface Choice {
  policy: Policy;
  choices: Readonly<Record<number, Policy>>;
}

export const policyOf = ({ policy, choices }: Choice, number: number): Policy => choices[number] ?? policy;

/** Several files go as one: a zip, which the server unpacks. */
export async function oneFile(files: readonly File[]): Promise<File> {
  if (files.length === 1) return files[0]!;
  const { downloadZip } = await import("client-zip");
  const body = await downloadZip(files.map((file) => ({ input: file, name: file.name }))).blob();
  return new File([body], `${files.length} files.zip`);
}

export const pasted = (text: string): File => new File([text], "Pasted.txt", { type: "text/plain" });

const PAUSE_MS = 300;
const OFFLINE_PAUSE_MS = 2_000;

/** Follows a job until it is over, also while the line is away; `isOver` ends it. */
export async function follow(rest: Rest, id: string, onStep: (job: Job) => void, isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    const job = await rest.job(id).catch((error: unknown) => {
      if (error instanceof RestError && error.status === 0) return null;
      throw error;
    });
    if (isOver()) return;
    if (job) onStep(job);
    if (job && job.status !== "running") return;
    await new Promise((resolve) => setTimeout(resolve, job ? PAUSE_MS : OFFLINE_PAUSE_MS));
  }
}

export const songs = (count: number): string => (count === 1 ? "1 song" : `${count} songs`);
export const entries = (count: number): string => (count === 1 ? "1 entry" : `${count} entries`);
const lines = (count: number): string => (count === 1 ? "1 line" : `${count} lines`);

/** How much of a file was not understood, and whether that is most of it; nothing where all of it was. */
export function lossOf({ total, lost_count, name }: Pick<ImportPreview, "total" | "lost_count" | "name">): string {
  if (total === 0) return `No song was found in ${name}.`;
  if (lost_count === 0) return "";
  const most = lost_count > total ? `Most of ${name} was not understood: ` : "";
  return `${most}${songs(total)} found, ${lines(lost_count)} lost.`;
}

/** Whether an import would change nothing. */
export const isNothing = ({ kind, total, same }: ImportPreview): boolean => kind === "repertoire" && total === same;

/** What came of an import, for its headline and the sentence below it. */
export function outcomeOf({ status, result, total }: Job): [string, string] {
  if (status === "completed") return ["Imported", tallyOf(result)];
  const stays = (result.added ?? 0) + (result.updated ?? 0) > 0 ? ` ${tallyOf(result)}` : "";
  const head = status === "cancelled" ? "The import was ended" : total === 0 ? "Nothing came in" : "Not all of it came in";
  return [head, `${sentence(result.message ?? "")}${stays}`];
}

function tallyOf({ added = 0, updated = 0, unchanged = 0 }: ImportResult): string {
  const parts = [
    added > 0 && `${added} added`,
    updated > 0 && `${updated} changed`,
    unchanged > 0 && `${unchanged} left as ${unchanged === 1 ? "it was" : "they were"}`,
  ].filter(Boolean);
  return parts.length > 0 ? `${parts.join(", ")}.` : "Nothing has changed.";
}

const sentence = (words: string): string => words && `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;

/** The first line in which two texts differ, of each: enough to see what is meant. */
export function differingLine(before: string, after: string): [string, string] {
  const [ours, theirs] = [before.split("\n"), after.split("\n")];
  const at = ours.findIndex((line, index) => line !== theirs[index]);
  const index = at >= 0 ? at : Math.min(ours.length, theirs.length);
  return [ours[index] ?? "", theirs[index] ?? ""];
}
