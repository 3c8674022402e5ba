/** What the SDK notices, in words a musician reads, with a way back. */

import type { Band, Content, Item, Kind, Notice, Op, Problem, Role, Stored, Value } from "../sdk";
import { newId } from "../sdk";
import { Document, Draft } from "../sdk/document";
import { shownIn } from "./format";
import { Kinds, titleOf } from "./kinds";
import type { Action, Toast } from "./toasts";
import { fieldWord } from "./words";

const MAY: Readonly<Record<Role, string>> = {
  owner: "You own it now",
  editor: "You may edit it now",
  viewer: "From now on you read it, and nothing that you change is stored",
};

/** What has become of one's bands: taken out of, or another role in. */
export function roleToasts(before: readonly Band[], now: readonly Band[]): Toast[] {
  return before.flatMap(({ id, name, role }) => {
    const band = now.find((other) => other.id === id);
    if (!band) return [{ text: `You are not in ${name} any more. What you had stored there stays with the band.`, isImportant: true }];
    return band.role === role ? [] : [{ text: `${MAY[band.role]}: ${name}.`, isImportant: true }];
  });
}

/** Whoever has read it leaves all as it stands. */
const asItIs = (label: string): Action => ({ label, run: () => undefined });

/** Null where there is nothing to say: what went well is seen. */
export function toastOf(notice: Notice, content: Content, kinds: Kinds): Toast | null {
  const { document } = content.getState();
  const shown = (item: string | null, field: string, value: Value): string => shownIn(kinds, document, item, field, value);
  const written = (op: Op): string => writtenIn(op, document, kinds);
  const what = (item: string | null, field: string): string => {
    const entry = item === null ? undefined : document?.items.get(item);
    const title = entry && document ? titleOf(entry, kinds.itemsOf(document.kind)[entry.type]) : "";
    return title ? `${fieldWord(field)} of “${title}”` : fieldWord(field);
  };
  const setBack = (label: string, item: string | null, field: string, value: Value): Action => ({
    label,
    run: () => content.setField(item, field, value),
  });

  switch (notice.type) {
    case "overwritten": {
      const { by, item, field } = notice;
      const [mine, theirs] = [shown(item, field, notice.mine), shown(item, field, notice.theirs)];
      return {
        text: `${by.name} changed the ${what(item, field)} to ${theirs}; you had set ${mine}.`,
        action: setBack("Take mine", item, field, notice.mine),
        other: asItIs("Keep theirs"),
        isImportant: true,
      };
    }
    case "overwrote": {
      const { by, item, field } = notice;
      const [mine, theirs] = [shown(item, field, notice.mine), shown(item, field, notice.theirs)];
      return {
        text: `You changed the ${what(item, field)} to ${mine}; ${by.name} had just set ${theirs}.`,
        action: setBack("Take theirs", item, field, notice.theirs),
        other: asItIs("Keep mine"),
        isImportant: true,
      };
    }
    case "dropped": {
      const { reason, op, before } = notice;
      // What an undo can't take back has become somebody else's.
      if (op === null) return null;
      const item = "item" in op && typeof op.item === "string" ? before.items.get(op.item) : undefined;
      if (reason === "item_removed" && item) return goneToast(content, item, op, before, kinds, written(op));
      const why =
        reason === "text_too_long"
          ? "The text has become too long for what you wrote."
          : reason === "item_removed"
            ? "It was taken out while you were changing it."
            : "Somebody replaced the text that you were writing in.";
      return { text: `${why} What you wrote there: ${written(op)}`, ...copying(written(op)), isImportant: true };
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
        action: setBack("Take mine", item, field, notice.mine),
        other: asItIs("Keep it"),
        isImportant: true,
      };
    }
    case "refused":
      return lostToast(notice.ops, document, kinds, notice.error);
    case "edited":
    case "reloaded":
    case "saved":
      return null;
  }
}

/** Edits that will never be stored, with what they said. */
export function lostToast(ops: readonly Op[], document: Document | null, kinds: Kinds, error: Problem): Toast {
  const lost = ops.map((op) => writtenIn(op, document, kinds)).filter(Boolean).join(", ");
  const isOver = error.code === "forbidden";
  const why = isOver ? "This can no longer be changed." : `A change could not be saved: ${error.message}.`;
  return { text: lost ? `${why} What you wrote: ${lost}` : why, ...copying(lost), isImportant: true };
}

const NOT_YOURS: Problem = { code: "forbidden", message: "expected a member of the band" };

/** Edits of a band that one is in no more, forgotten with all that was kept of it. */
export function forgottenToast({ confirmed, pending }: Stored, kinds: readonly Kind[]): Toast {
  const ops = pending.flatMap((entry) => entry.ops);
  return lostToast(ops, Document.fromJson(confirmed), new Kinds(kinds), NOT_YOURS);
}

/** The words of an op; none where it says nothing new. */
function writtenIn(op: Op, document: Document | null, kinds: Kinds): string {
  if (op.op === "set") return op.value === null ? "" : shownIn(kinds, document, op.item, op.field, op.value);
  if (op.op === "insert") return titleOf(op.item);
  if (op.op !== "text") return "";
  return op.delta.filter((part): part is string => typeof part === "string").join(" … ");
}

/** An entry that was taken out under its writer's hands: it can be put back, with what they wrote. */
function goneToast(content: Content, item: Item, op: Op, before: Document, kinds: Kinds, written: string): Toast {
  const putBack = (): void => {
    const draft = new Draft(before);
    draft.apply(op);
    const { fields } = draft.finish().items.get(item.id) ?? item;
    const position = content.getState().document?.positionAt(before.ordered.indexOf(item)) ?? item.position;
    content.edit({ op: "insert", item: { ...item, id: newId(), position, fields } });
  };
  const title = titleOf(item, kinds.itemsOf(before.kind)[item.type]);
  const lost = written ? ` What you wrote: ${written}` : "";
  return {
    text: `“${title}” was taken out while you were changing it.${lost}`,
    action: { label: "Put it back", run: putBack },
    isImportant: true,
  };
}

/** A way to have words that are lost here somewhere else; a page that is not secure has no clipboard. */
function copying(words: string): Pick<Toast, "action"> {
  if (!words || !navigator.clipboard) return {};
  return { action: { label: "Copy it", run: () => void navigator.clipboard.writeText(words).catch(() => undefined) } };
}
