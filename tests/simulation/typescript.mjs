// Plays on the TypeScript SDK's replica what the Python SDK's was asked: a JSON array a line, [name, document, steps].
// Answers each line with how the two differ, or with an empty one.

import { existsSync } from "node:fs";
import { registerHooks } from "node:module";
import { createInterface } from "node:readline";
import { fileURLToPath, pathToFileURL } from "node:url";

// The sources leave the ends of names to a bundler.
const isSource = (url) => url?.startsWith("file:") && url.endsWith(".ts") && !url.includes("node_modules");
registerHooks({
  resolve(name, context, next) {
    const isBare = name.startsWith(".") && isSource(context.parentURL) && !existsSync(fileURLToPath(new URL(name, context.parentURL)));
    return next(isBare ? `${name}.ts` : name, context);
  },
});
const sdk = pathToFileURL(`${process.argv[2]}/sdk/`);
const { Replica } = await import(new URL("replica.ts", sdk));
const { Document } = await import(new URL("document.ts", sdk));

for await (const line of createInterface({ input: process.stdin })) {
  const [name, document, steps] = JSON.parse(line);
  console.log(differenceOf(name, document, steps));
}

function differenceOf(name, document, steps) {
  const replica = new Replica(Document.fromJson(document), name);
  for (const [index, [verb, ...rest]] of steps.entries()) {
    const view = rest.pop();
    const sent = play(replica, verb, rest);
    const [shown, wanted] = [[sent ?? null, replica.view.toJson()].map(sorted), [verb === "send" ? rest[0] : null, view].map(sorted)];
    if (JSON.stringify(shown) !== JSON.stringify(wanted)) {
      return `step ${index}, ${verb}: Python ${JSON.stringify(wanted)}, TypeScript ${JSON.stringify(shown)}`;
    }
  }
  return "";
}

function play(replica, verb, rest) {
  switch (verb) {
    case "edit":
      return void replica.edit(rest[1], rest[0], String(rest[2] ?? rest[0]), { isUnchangedExpected: rest[3] });
    case "undo":
    case "redo":
      return void replica.step(verb, () => rest[0].shift());
    case "send": {
      const request = replica.next("content_friday") ?? replica.again("content_friday");
      return request?.refusal ? null : request?.payload;
    }
    case "refuse":
      return void replica.refuse(rest[0]);
    case "reset":
      return void replica.reset(Document.fromJson(rest[0]), rest[1]);
    case "answer":
      return void replica.answer(rest[0]);
    case "receive":
      return void replica.receive(rest[0]);
    default:
      throw new Error(`expected a verb, got ${verb}`);
  }
}

function sorted(value) {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.keys(value).sort().map((key) => [key, sorted(value[key])]));
}
