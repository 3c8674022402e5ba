/** Contents that are edited without being looked at. */

import { expect, test } from "vitest";
import { OpenContents, OutOfReach } from "../app/openContents";
import { show } from "../app/shown";
import type { Connection, Content, ContentState, Notice, Op } from "../sdk";
import { Watchable } from "../sdk";
import { gig } from "./gig";

const REMOVE: Op = { op: "remove", item: "iko" };

class FakeConnection extends Watchable<null> {
  constructor(public isOnline = true) {
    super(null);
  }
  drop(): void {
    this.isOnline = false;
    this.set(null);
  }
}

/** A content as `OpenContents` sees it; the test says what becomes of it. */
class FakeContent extends Watchable<Partial<ContentState>> {
  readonly id = "c";
  readonly made: Op[] = [];
  isOpen = true;
  onNotice: (notice: Notice) => void = () => undefined;

  constructor() {
    super({ document: null, problem: null, pending: 0 });
  }
  become(state: Partial<ContentState>): void {
    this.set({ ...this.getState(), ...state });
  }
  async open(): Promise<this> {
    return this;
  }
  async kept(): Promise<void> {}
  edit(...ops: Op[]): void {
    this.made.push(...ops);
    this.become({ pending: 1 });
  }
  close(): void {
    this.isOpen = false;
  }
}

function opened(connection = new FakeConnection()): { contents: OpenContents; unseen: FakeContent } {
  const unseen = new FakeContent();
  return { contents: new OpenContents(connection as unknown as Connection, () => unseen as unknown as Content), unseen };
}

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

test("one that is not shown is opened, edited, and closed once that is stored", async () => {
  const { contents, unseen } = opened();
  const edited = contents.edit("c", () => [REMOVE]);
  await settled();
  unseen.become({ document: gig() });
  await settled();
  expect([unseen.made, unseen.isOpen]).toEqual([[REMOVE], true]);
  unseen.become({ pending: 0 });
  await edited;
  expect(unseen.isOpen).toBe(false);
});

test("the one that the page shows is edited where it is", async () => {
  const { contents, unseen } = opened();
  const shown = new FakeContent();
  shown.become({ document: gig() });
  const hide = show(shown as unknown as Content);
  const edited = contents.edit("c", () => [REMOVE]);
  await settled();
  shown.become({ pending: 0 });
  await edited;
  expect([shown.made, shown.isOpen, unseen.made]).toEqual([[REMOVE], true, []]);
  hide();
});

test("what waits for a line is kept, and closed when the page shows it", async () => {
  const connection = new FakeConnection();
  const { contents, unseen } = opened(connection);
  unseen.become({ document: gig() });
  const edited = contents.edit("c", () => [REMOVE]);
  await settled();
  connection.drop();
  await edited;
  expect(unseen.isOpen).toBe(true);
  const hide = show(new FakeContent() as unknown as Content);
  expect(unseen.isOpen).toBe(false);
  hide();
});

test("who can't have it is told why", async () => {
  const offline = opened(new FakeConnection(false));
  await expect(offline.contents.edit("c", () => [REMOVE])).rejects.toThrow(OutOfReach);
  const { contents, unseen } = opened();
  unseen.become({ document: gig() });
  const edited = contents.edit("c", () => [REMOVE]);
  await settled();
  unseen.onNotice({ type: "refused", editId: "e", error: { code: "forbidden", message: "not yours" }, ops: [REMOVE] });
  unseen.become({ pending: 0 });
  await expect(edited).rejects.toThrow("not yours");
});
