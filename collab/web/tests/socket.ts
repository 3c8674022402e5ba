/** Stands in for socket.io-client's socket: a script answers what is sent, and the test breaks and mends the line. */

export type Answers = Record<string, (payload: never) => object>;
type Answered = (error: Error | null, answer?: object) => void;

export class FakeSocket {
  connected = false;
  active = false;
  id: string | undefined;
  /** What was sent, with the connection that it went out on. */
  readonly sent: { socketId: string; event: string; payload: Record<string, unknown> }[] = [];
  /** How each event is answered; what is not named here is never answered. */
  answers: Answers = {};
  /** Whether a broken connection comes back by itself, as the library's does. */
  comesBack = true;
  readonly io = {
    engine: { close: () => this.break() },
    reconnectionDelay: (delay_ms: number) => this.delays.push(delay_ms),
  };
  /** How long the library is told to wait before it comes back, each time. */
  readonly delays: number[] = [];
  maxMessageBytes = 1_000_000;
  /** When the token of a session ends. */
  expiresAt = "2100-01-01T00:00:00.000Z";

  /** As the handshake asks for the token. */
  auth: (give: (shown: object) => void) => void = () => undefined;

  #count = 0;
  #heard: (event: string, payload: unknown) => void = () => undefined;
  readonly #listeners = new Map<string, (payload: unknown) => void>();
  #waiting: { event: string; answered: Answered }[] = [];

  on(event: string, listener: (payload: never) => void): void {
    const earlier = this.#listeners.get(event);
    this.#listeners.set(event, (payload) => {
      earlier?.(payload);
      listener(payload as never);
    });
  }

  onAny(listener: (event: string, payload: never) => void): void {
    this.#heard = (event, payload) => listener(event, payload as never);
  }

  /** The server says something. */
  hear(event: string, payload: unknown): void {
    // Of the connection itself the library tells no listener to all.
    if (event !== "disconnect" && event !== "connect_error") this.#heard(event, payload);
    this.#listeners.get(event)?.(payload);
  }

  connect(): void {
    this.active = true;
    this.connected = true;
    this.#count += 1;
    this.id = `socket-${this.#count}`;
    const user = { id: "ada", name: "Ada", color: "#000000" };
    this.hear("session", { session_id: this.id, user, expires_at: this.expiresAt, protocol: 1, max_message_bytes: this.maxMessageBytes });
  }

  disconnect(): void {
    this.active = false;
    if (this.connected) this.#end("io client disconnect");
  }

  /** The server turns the connection away. */
  refuse(code: string): void {
    this.connected = this.active = false;
    this.hear("connect_error", Object.assign(new Error(code), { data: { code } }));
  }

  /** The connection ends without a word, and is made again. */
  break(): void {
    this.#end("transport close");
    if (this.comesBack) this.connect();
  }

  emit(event: string, payload: Record<string, unknown>): void {
    this.sent.push({ socketId: this.id!, event, payload });
  }

  timeout(after_ms: number): { emit: (event: string, payload: Record<string, unknown>, answered: Answered) => void } {
    return {
      emit: (event, payload, answered) => {
        this.emit(event, payload);
        const answer = this.answers[event];
        if (answer) void Promise.resolve(answer(payload as never)).then((body) => answered(null, body));
        else {
          this.#waiting.push({ event, answered });
          setTimeout(() => this.#answer(answered, new Error("operation has timed out")), after_ms);
        }
      },
    };
  }

  /** The answer to what was sent first of what waits for one comes in, before anything that is heard next. */
  answer(event: string, body: object): void {
    this.#answer(this.#waiting.find((waiting) => waiting.event === event)!.answered, null, body);
  }

  of(event: string): { socketId: string; payload: Record<string, unknown> }[] {
    return this.sent.filter((one) => one.event === event);
  }

  #end(reason: string): void {
    this.connected = false;
    this.id = undefined;
    for (const { answered } of this.#waiting) this.#answer(answered, new Error("socket has been disconnected"));
    this.hear("disconnect", reason);
  }

  #answer(answered: Answered, error: Error | null, body?: object): void {
    if (!this.#waiting.some((waiting) => waiting.answered === answered)) return;
    this.#waiting = this.#waiting.filter((waiting) => waiting.answered !== answered);
    answered(error, body);
  }
}
