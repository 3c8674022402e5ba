/** What the SDK notices, in words a musician reads, with a way back. */

import type { Content, Document, Notice, Op } from "../sdk";
import { newId } from "../sdk";
import { fieldWord, shown } from "./format";
import type { Toast } from "./toasts";

export function toastOf(notice: Notice, content: Content): Toast {
  const document = content.getState().document;
  switch (notice.type) {
    case "replaced": {
      const { edit, item, field, mine, theirs } = notice;
      return {
        text: `${edit.author.name} changed the ${what(document, item, field)} to ${shown(field, theirs)}; you had set ${shown(field, mine)}.`,
        action: { label: `Put ${shown(field, mine)} back`, run: () => content.setField(item, field, mine) },
        isImportant: true,
      };
    }
    case "overwrote": {
      const { overwrite, item, field, mine } = notice;
      const { author, value } = overwrite;
      return {
        text: `You changed the ${what(document, item, field)} to ${shown(field, mine)}; ${author.name} had just set ${shown(field, value)}.`,
        action: { label: `Use ${shown(field, value)}`, run: () => content.setField(item, field, value) },
        isImportant: true,
      };
    }
    case "dropped": {
      const { dropped, op, before } = notice;
      const item = "item" in op && typeof op.item === "string" ? before.items.get(op.item) : undefined;
      const title = String(item?.fields.title ?? "an entry");
      if (dropped.reason === "item_removed" && item) {
        const position = content.getState().document?.positionAt(before.ordered.indexOf(item)) ?? item.position;
        const fields = op.op === "set" ? { ...item.fields, [op.field]: op.value } : item.fields;
        const again: Op = { op: "insert", item: { ...item, id: newId(), position, fields } };
        return {
          text: `“${title}” was taken out while you were changing it.`,
          action: { label: "Put it back", run: () => content.edit(again) },
          isImportant: true,
        };
      }
      return {
        text: `Somebody replaced the text that you were writing in. What you wrote there: ${written(op)}`,
        isImportant: true,
      };
    }
    case "refused":
      return {
        text: `A change could not be saved: ${notice.message}. ${notice.ops.map(written).join(" ")}`.trim(),
        isImportant: true,
      };
  }
}

function what(document: Document | null, item: string | null, field: string): string {
  const title = item === null ? "" : document?.value(item, "title");
  return title ? `${fieldWord(field)} of “${String(title)}”` : fieldWord(field);
}

function written(op: Op): string {
  if (op.op === "set") return shown(op.field, op.value);
  if (op.op !== "text") return "";
  return op.delta.filter((part): part is string => typeof part === "string").join(" … ");
}
