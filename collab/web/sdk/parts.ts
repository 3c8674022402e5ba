/** Long payloads come in parts (PROTOCOL.md, Long payloads): a slow line is seen to move, and pings pass between them. */

export class Parts {
  #texts: string[] = [];

  take(text: string): void {
    this.#texts.push(text);
  }

  /** What came in parts, in the place of what stands for it. */
  whole<Payload>(payload: Payload): Payload {
    const isInParts = typeof payload === "object" && payload !== null && "in_parts" in payload;
    return isInParts ? (JSON.parse(this.#texts.splice(0).join("")) as Payload) : payload;
  }

  /** The connection broke: the rest does not come. */
  clear(): void {
    this.#texts = [];
  }
}
