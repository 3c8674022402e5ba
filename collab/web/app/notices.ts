/** What the SDK notices, in words a musician reads, with a way back. */

import type { Content, Notice, Op, Value } from "../sdk";
import { newId } from "../sdk";
import { fieldWord } from "./format";
import { type Kinds, titleOf } from "./kinds";
import type { Toast } from "./toasts";

/** Null where there is nothing to say: what went well is seen. */
export function toastOf(notice: Notice, content: Content, kinds: Kinds): Toast | null {
  const { document } = content.getState();
  const shown = (item: string | null, field: string, value: Value): string => kinds.shown(document, item, field, value);
  const written = (op: Op): string => {
    if (op.op === "set") return shown(op.item, op.field, op.value);
    if (op.op !== "text") return "";
    return op.delta.filter((part): part is string => typeof part === "string").join(" … ");
  };
  const what = (item: string | null, field: string): string => {
    const entry = item === null ? undefined : document?.items.get(item);
    const title = entry && document ? titleOf(entry, kinds.itemsOf(document.kind)[entry.type]) : "";
    return title ? `${fieldWord(field)} of “${title}”` : fieldWord(field);
  };
  const setBack = (label: string, item: string | null, field: string, value: Value): NonNullable<Toast["action"]> => ({
    label,
    run: () => content.setField(item, field, value),
  });

  switch (notice.type) {
    case "overwritten": {
      const { by, item, field } = notice;
      const [mine, theirs] = [shown(item, field, notice.mine), shown(item, field, notice.theirs)];
      return {
        text: `${by.name} changed the ${what(item, field)} to ${theirs}; you had set ${mine}.`,
        action: setBack(`Put ${mine} back`, item, field, notice.mine),
        isImportant: true,
      };
    }
    case "overwrote": {
      const { by, item, field } = notice;
      const [mine, theirs] = [shown(item, field, notice.mine), shown(item, field, notice.theirs)];
      return {
        text: `You changed the ${what(item, field)} to ${mine}; ${by.name} had just set ${theirs}.`,
        action: setBack(`Use ${theirs}`, item, field, notice.theirs),
        isImportant: true,
      };
    }
    case "dropped": {
      const { reason, op, before } = notice;
      // What an undo can't take back has become somebody else's.
      if (op === null) return null;
      const item = "item" in op && typeof op.item === "string" ? before.items.get(op.item) : undefined;
      if (reason === "item_removed" && item) {
        const fields = op.op === "set" ? { ...item.fields, [op.field]: op.value } : item.fields;
        const putBack = (): void => {
          const now = content.getState().document;
          const position = now?.positionAt(before.ordered.indexOf(item)) ?? item.position;
          content.edit({ op: "insert", item: { ...item, id: newId(), position, fields } });
        };
        return {
          text: `“${titleOf(item, kinds.itemsOf(before.kind)[item.type])}” was taken out while you were changing it.`,
          action: { label: "Put it back", run: putBack },
          isImportant: true,
        };
      }
      const why =
        reason === "text_too_long"
          ? "The text has become too long for what you wrote."
          : "Somebody replaced the text that you were writing in.";
      return { text: `${why} What you wrote there: ${written(op)}`, isImportant: true };
    }
    case "lost": {
      const { item, field, now } = notice;
      if (item !== null && field === null) {
        const fields = notice.mine as Record<string, Value>;
        const title = typeof fields["title"] === "string" ? fields["title"] : "An entry";
        return { text: `An older version was brought back: “${title}”, which you had added, is not in it.`, isImportant: true };
      }
      if (field === null) return null;
      const [mine, stands] = [shown(item, field, notice.mine), shown(item, field, now)];
      return {
        text: `An older version was brought back: the ${what(item, field)} is ${stands}; you had set ${mine}.`,
        action: setBack(`Put ${mine} back`, item, field, notice.mine),
        isImportant: true,
      };
    }
    case "refused": {
      const lost = notice.ops.map(written).filter(Boolean).join(" ");
      return { text: `A change could not be saved: ${notice.error.message}. ${lost}`.trim(), isImportant: true };
    }
    case "edited":
    case "reloaded":
    case "saved":
      return null;
  }
}
