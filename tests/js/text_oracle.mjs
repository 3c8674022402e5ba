// Answers calls of ot-text-unicode. Each line of stdin is `[method, ...arguments]` in JSON; the line of stdout in
// its place is `{"result": …}`, or `{"error": message}` where the library threw.

import { readFileSync } from "node:fs";
import { type } from "ot-text-unicode";

const methods = {
  ...type,
  // The library's own inverse carries the deleted text, which is no part of our format.
  inverse: (op, doc) => type.stripInvertible(type.invertWithDoc(op, doc)),
};

function answer([method, ...args]) {
  try {
    return { result: methods[method](...args) ?? null };
  } catch (error) {
    return { error: error.message };
  }
}

const calls = readFileSync(0, "utf8").trimEnd().split("\n");
process.stdout.write(calls.map((call) => JSON.stringify(answer(JSON.parse(call))) + "\n").join(""));
