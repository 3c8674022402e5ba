/** Imports point down only, as in the server: no file needs, by whatever way, itself. */

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { expect, test } from "vitest";

const FOLDERS = ["sdk", "charts", "react", "app"];

/** Each file, with those that it imports from, types among them. */
function imports(): Map<string, string[]> {
  const files = FOLDERS.flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)));
  const sources = files.filter((file) => /\.tsx?$/.test(file));
  const found = (from: string, name: string): string | undefined => {
    const path = normalize(join(dirname(from), name));
    return sources.find((file) => [`${path}.ts`, `${path}.tsx`, join(path, "index.ts")].includes(file));
  };
  return new Map(
    sources.map((file) => {
      const named = [...readFileSync(file, "utf8").matchAll(/\bfrom "(\.[^"]*)"/g)].map((match) => match[1]!);
      return [file, named.flatMap((name) => found(file, name) ?? [])];
    }),
  );
}

/** A way along the arrows from a file back to itself; null where there is none. */
function cycleOf(arrows: Map<string, string[]>): string[] | null {
  const done = new Set<string>();
  const walk = (file: string, way: string[]): string[] | null => {
    if (way.includes(file)) return [...way.slice(way.indexOf(file)), file];
    if (done.has(file)) return null;
    for (const next of arrows.get(file) ?? []) {
      const cycle = walk(next, [...way, file]);
      if (cycle) return cycle;
    }
    done.add(file);
    return null;
  };
  for (const file of arrows.keys()) {
    const cycle = walk(file, []);
    if (cycle) return cycle;
  }
  return null;
}

test("no file of the front end imports itself, by whatever way", () => {
  expect(cycleOf(imports())).toBeNull();
});

test("the SDK needs no React, and the hooks no page", () => {
  const up = [...imports()].flatMap(([file, named]) =>
    named.filter((other) => FOLDERS.findIndex((one) => other.startsWith(one)) > FOLDERS.findIndex((one) => file.startsWith(one))),
  );
  expect(up).toEqual([]);
});
