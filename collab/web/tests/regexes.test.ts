/** Every regex of the page and the SDK, read out of its source: none goes back and forth over what somebody else wrote. */

import { globSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { shortName } from "../app/words";

const LITERAL = /(?<=[(=,?:]\s?)\/(?![/*])((?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+)\/([dgimsuvy]*)(?=[\s.,;)])/g;

const SIZE = 4_000;

/** Four times the text may take so many times as long: in proportion it is 4 times, else 16. Less is not measured. */
const MOST = 9;
const LEAST_MS = 5;
const TRIES = 3;

const BEGINNINGS = ["", "#/", "#token=", "1:", "a"];
const ENDS = ["", "\n!", "x y"];

function* regexes(): Generator<[string, RegExp]> {
  for (const file of globSync(["app/**/*.{ts,tsx}", "sdk/**/*.ts", "react/**/*.ts", "charts/**/*.ts"])) {
    for (const [, source = "", flags] of readFileSync(file, "utf8").matchAll(LITERAL)) yield [file, new RegExp(source, flags)];
  }
}

function costMs(regex: RegExp, text: string): number {
  const began = process.cpuUsage();
  text.replace(regex, "");
  return process.cpuUsage(began).user / 1_000;
}

function isInProportion(regex: RegExp, of: (size: number) => string): boolean {
  return Array.from({ length: TRIES }).some(
    () => costMs(regex, of(4 * SIZE)) <= MOST * Math.max(LEAST_MS, costMs(regex, of(SIZE))),
  );
}

function isQuick(regex: RegExp): boolean {
  const marks = [...new Set([...regex.source, " ", " (", "\t", "a", "0"])];
  return BEGINNINGS.every((begin) =>
    marks.every((mark) => ENDS.every((end) => isInProportion(regex, (size) => begin + mark.repeat(size) + end))),
  );
}

const FOUND = [...regexes()];

test("the regexes are found", () => expect(FOUND.length).toBeGreaterThan(8));

test.each(FOUND)("in %s, %s takes time in proportion", (_file, regex) => expect(isQuick(regex)).toBe(true));

test.each([/ \(.*\)/, /\s+$/])("%s, which is slow, is noticed", (regex) => expect(isQuick(regex)).toBe(false));

test.each([
  ["Ada (keys)", "Ada"],
  ["Ada (keys) B. (x)", "Ada"],
  ["Ada (keys) B.", "Ada B."],
  ["Ada) (", "Ada) ("],
  ["(Ada)", "(Ada)"],
])("%s is shown as %s", (name, short) => expect(shortName({ name })).toBe(short));
