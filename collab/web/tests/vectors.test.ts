import { describe, expect, test } from "vitest";
import { Document, type DocumentJson, type Edit, type Op, Replica } from "../sdk";
import { Past } from "../sdk/foresight";
import { transform } from "../sdk/transform";
import { foretold } from "../sdk/undoing";
import { clientCases, type ServerCase, serverCases } from "./vectors";

describe("a client's cases", () => {
  test.each(clientCases().map((one) => [one.name, one] as const))("%s", (_name, { pending, remote, expect: { pending: after } }) => {
    expect(transform(pending, remote).ours).toEqual(after);
  });
});

const stored = serverCases().filter(([, { expect: { outcome } }]) => outcome === "accepted" || outcome === "nothing");
const edits = stored.filter(([, one]) => one.edit && isOfWhatItsAuthorSaw(one));
const undos = stored.filter(([, one]) => one.undo && isOwnLatest(one));

test("there are cases of every sort", () => {
  expect(edits.length).toBeGreaterThan(20);
  expect(undos.length).toBeGreaterThan(5);
});

describe("what a member sees before the server answers is what it will answer", () => {
  test.each(edits)("%s", (_name, one) => {
    const { edit, history = [] } = one;
    const replica = begin(one, edit!.by);
    replica.receive(history.slice(0, edit!.base_version).map(asEdit));
    replica.edit(edit!.ops, "mine", "");
    replica.next("content_c");
    replica.receive(history.slice(edit!.base_version).map((entry, index) => asEdit(entry, edit!.base_version + index)));
    check(replica, one, "mine");
  });
});

describe("what an undo shows before the server answers is what it will answer", () => {
  test.each(undos)("%s", (_name, one) => {
    const { undo, history = [] } = one;
    const replica = begin(one, undo!.by);
    history.forEach((entry, index) => {
      const edit = asEdit(entry, index);
      if (entry.by !== undo!.by) {
        replica.receive([edit]);
        return;
      }
      replica.edit(entry.ops, edit.edit_id, edit.edit_id);
      replica.next("content_c");
      replica.answer({ ok: true, ...edit, dropped: [], overwrote: [] });
    });
    replica.step("undo", () => "mine");
    replica.next("content_c");
    check(replica, one, "mine");
  });
});

describe("an undo of any edit is foretold as the server will answer", () => {
  test.each(stored.filter(([, one]) => one.undo))("%s", (_name, { document: start, kind, history = [], undo, expect: { outcome, ops = [], document, undoes } }) => {
    const past = new Past();
    let head = Document.fromJson({ ...start, id: "c", kind, band_id: "b", version: 0 });
    history.forEach((entry, index) => {
      head = past.add(head, { editId: `e${index + 1}`, ops: entry.ops, undoes: entry.undoes ?? null }, index + 1);
    });
    const undone = foretold(undo!.target, head, past.edits);
    expect(undone?.ops ?? []).toEqual(ops);
    if (outcome !== "accepted") return;
    expect(undone?.undoes).toBe(undoes);
    expect(seen(past.add(head, { editId: "mine", ops: undone!.ops, undoes: null }, head.version + 1))).toEqual(document);
  });
});

function begin({ document, kind }: ServerCase, user: string): Replica {
  return new Replica(Document.fromJson({ ...document, id: "c", kind, band_id: "b", version: 0 }), user);
}

function check(replica: Replica, one: ServerCase, editId: string): void {
  const { outcome, ops = [], document, dropped = [], overwrote = [] } = one.expect;
  const head = replica.confirmed.version;
  const version = outcome === "accepted" ? head + 1 : head;
  // What was made in an item that went and came back is given up here; the server still has it, and says so.
  const isBack = one.history?.some(({ undoes, ops: [op] }) => undoes && op?.op === "insert");
  if (document && !(one.edit && isBack)) expect(seen(replica.view)).toEqual(document);
  if (replica.pending.length > 0) replica.answer({ ok: true, edit_id: editId, version, ops, dropped, overwrote });
  expect(replica.confirmed.version).toBe(version);
  expect(replica.pending).toEqual([]);
  if (document) expect(seen(replica.confirmed)).toEqual(document);
  expect(replica.view.toJson()).toEqual(replica.confirmed.toJson());
}

/** Whether the undo is of the last edit that its author made, as an undo button's is, and of no undo. */
function isOwnLatest({ undo, history = [] }: ServerCase): boolean {
  const own = history.map((entry, index) => ({ ...entry, id: `e${index + 1}` })).filter(({ by }) => by === undo!.by);
  return own.at(-1)?.id === undo!.target && !own.some(({ undoes }) => undoes);
}

/** Nobody edits at a page what is not on it; only a made-up client names items that came after its base. */
function isOfWhatItsAuthorSaw({ edit, document, history = [] }: ServerCase): boolean {
  if (edit!.rebased_to !== undefined) return false;
  const later = history.slice(edit!.base_version).flatMap(({ ops }) => ops);
  const came = later.flatMap((op) => (op.op === "insert" ? [op.item.id] : []));
  const known = new Set(document.items.map(({ id }) => id));
  return edit!.ops.every((op) => op.op === "insert" || op.item === null || known.has(op.item) || !came.includes(op.item));
}

function asEdit(entry: { by: string; ops: Op[]; undoes?: string }, index: number): Edit {
  return {
    room_id: "content_c",
    edit_id: `e${index + 1}`,
    version: index + 1,
    base_version: index,
    author: { id: entry.by, name: entry.by },
    session_id: null,
    ops: entry.ops,
    at: "2026-12-04T20:30:00.000Z",
    ...(entry.undoes ? { undoes: entry.undoes } : {}),
  };
}

function seen(document: Document): Pick<DocumentJson, "fields" | "items"> {
  const { fields, items } = document.toJson();
  return { fields, items };
}
