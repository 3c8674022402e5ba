/** What live tests share: waiting for a content, and a person who does anything at all. */

import { type Content, newId, type Op } from "../sdk";

export function until(content: Content, isSo: (state: ReturnType<Content["getState"]>) => boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (!isSo(content.getState())) return;
      stop();
      resolve();
    };
    const stop = content.subscribe(look);
    look();
  });
}

/** A number from 0 to less than `below`. */
export type Dice = (below: number) => number;

/** The same numbers for the same seed. */
export function dice(seed: number): Dice {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return Math.floor((state / 0x80000000) * below);
  };
}

/** So many items at most, so that people meet. */
const MAX_ITEMS = 10;
const MAX_NOTES = 80;

/** Something that fits the view, anywhere in it. */
export function anyOp(content: Content, random: Dice): Op {
  const document = content.getState().document!;
  const item = document.ordered[random(document.items.size)];
  const length = [...document.text(null, "notes")].length;
  const at = random(length + 1);
  const skip = at > 0 ? [at] : [];
  switch (random(item ? 9 : 3)) {
    case 0:
    case 1:
      return { op: "text", item: null, field: "notes", delta: [...skip, ["a", "é", "🎺"][random(3)]!] };
    case 2:
      if (item && document.items.size >= MAX_ITEMS) return { op: "remove", item: item.id };
      return {
        op: "insert",
        item: { id: newId(), type: "song", position: document.positionAt(random(document.items.size + 1)), fields: { title: "New" } },
      };
    case 3:
      return { op: "move", item: item!.id, position: document.positionAt(random(document.items.size), item!.id) };
    case 4:
      return random(4)
        ? { op: "set", item: item!.id, field: "duration", value: 60 + random(200) }
        : { op: "remove", item: item!.id };
    case 5:
    case 6:
    case 7:
      // Where all give a value, somebody gives way.
      return { op: "set", item: null, field: "venue", value: `Room ${random(200)}` };
    default:
      return at < length
        ? { op: "text", item: null, field: "notes", delta: [...skip, { d: length > MAX_NOTES ? length - at : 1 }] }
        : { op: "text", item: item!.id, field: "notes", delta: ["x"] };
  }
}
