/** The conformance vectors that every implementation of the protocol is measured by. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { DocumentJson, Op } from "../sdk";
import type { Step } from "./scripts";

const FOLDER = join(import.meta.dirname, "../../../tests/vectors");

export interface ClientCase {
  name: string;
  pending: Op[];
  remote: Op[];
  expect: { pending: Op[] };
}

export interface ServerCase {
  name: string;
  kind: string;
  document: Pick<DocumentJson, "fields" | "items">;
  history?: { by: string; ops: Op[]; undoes?: string }[];
  edit?: { by: string; base_version: number; rebased_to?: number; ops: Op[]; expect?: string };
  undo?: { by: string; target: string; may_undo_others?: boolean };
  expect: {
    outcome: string;
    ops?: Op[];
    undoes?: string;
    document?: Pick<DocumentJson, "fields" | "items">;
    dropped?: { index: number; reason: never }[];
    overwrote?: { index: number; version: number; author: { id: string; name: string }; value: unknown }[];
  };
}

const read = (file: string): unknown => JSON.parse(readFileSync(join(FOLDER, file), "utf8"));

/** A client's scripts: their names, the documents that they begin with, and they themselves. */
export function scripts(): [name: string, document: Record<string, unknown>, script: Script][] {
  return readdirSync(join(FOLDER, "scripts")).flatMap((file) => {
    const { document, scripts } = read(join("scripts", file)) as ScriptFile;
    return scripts.map((script): [string, Record<string, unknown>, Script] => [`${file}: ${script.name}`, document, script]);
  });
}

interface Script {
  name: string;
  max_message_bytes?: number;
  steps: Step[];
}

interface ScriptFile {
  document: Record<string, unknown>;
  scripts: Script[];
}

export const clientCases = (): ClientCase[] => read("client.json") as ClientCase[];

export function serverCases(): [string, ServerCase][] {
  const files = readdirSync(FOLDER).filter((file) => file.endsWith(".json") && file !== "client.json");
  if (files.length === 0) throw new Error(`expected conformance vectors in ${FOLDER}`);
  return files.flatMap((file) => (read(file) as ServerCase[]).map((one): [string, ServerCase] => [`${file}: ${one.name}`, one]));
}
