/**
 * Contents that are edited without being looked at.
 *
 * A content is open once in a tab, since its record on the device is written by whoever has it open: an edit is made in
 * the one that the page shows, or else in one that is opened for it, and closed once all of it is sent or the page shows
 * that content itself. What waits in it then is on the device, and goes on from there.
 */

import { type Connection, Content, type ContentState, type Document, type Notice, type Op, type Store, useCollab } from "../react";
import { onShown, shownContent } from "./shown";

/** It is not on the device, and nobody can be asked. */
export class OutOfReach extends Error {}

export class OpenContents {
  readonly #unseen = new Map<string, Content>();

  constructor(
    readonly connection: Connection,
    readonly open: (id: string) => Content,
  ) {
    onShown(({ id }) => this.#close(id));
  }

  /**
   * Makes one edit of what `opsOf` makes of the document. Resolves once it is stored, or where there is no line once it
   * is kept on the device. Throws `OutOfReach`, and with its message what the server refused.
   */
  async edit(id: string, opsOf: (document: Document) => Op[]): Promise<void> {
    const shown = shownContent(id);
    const content = shown ?? (await this.#opened(id));
    let refusal = "";
    if (!shown) content.onNotice = (notice) => (refusal ||= refusalIn(notice));
    const { document, problem } = await this.#reached(content, (state) => state.document !== null || state.problem !== null);
    if (document === null) {
      this.#close(id);
      throw problem ? new Error(problem.message) : new OutOfReach();
    }
    content.edit(...opsOf(document));
    await this.#reached(content, isDone);
    await content.kept();
    if (!shown) this.#closeOnceDone(content);
    if (refusal) throw new Error(refusal);
  }

  #closeOnceDone(content: Content): void {
    const close = (): void => {
      if (!isDone(content.getState())) return;
      stop();
      if (this.#unseen.get(content.id) === content) this.#close(content.id);
    };
    const stop = content.subscribe(close);
    close();
  }

  /** The state of a content once it is as wanted, or there is no line. */
  #reached(content: Content, isSo: (state: ContentState) => boolean): Promise<ContentState> {
    return new Promise((resolve) => {
      const look = (): void => {
        const state = content.getState();
        if (!isSo(state) && this.connection.isOnline) return;
        for (const stop of stops) stop();
        resolve(state);
      };
      const stops = [content.subscribe(look), this.connection.subscribe(look)];
      look();
    });
  }

  async #opened(id: string): Promise<Content> {
    const known = this.#unseen.get(id);
    if (known) return known;
    const content = this.open(id);
    this.#unseen.set(id, content);
    return content.open();
  }

  #close(id: string): void {
    this.#unseen.get(id)?.close();
    this.#unseen.delete(id);
  }
}

const refusalIn = (notice: Notice): string => (notice.type === "refused" ? notice.error.message : "");

/** Whether nothing of it waits any more. */
const isDone = ({ pending, problem }: ContentState): boolean => pending === 0 || problem !== null;

const OF_CONNECTION = new WeakMap<Connection, OpenContents>();

/** Those of the page's connection. */
export function useOpenContents(): OpenContents {
  const { connection, userId, store } = useCollab();
  return contentsOf(connection, userId, store);
}

function contentsOf(connection: Connection, userId: string, store: Store): OpenContents {
  const known = OF_CONNECTION.get(connection);
  if (known) return known;
  const made = new OpenContents(connection, (id) => new Content(id, userId, connection, store));
  OF_CONNECTION.set(connection, made);
  return made;
}
