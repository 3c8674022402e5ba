/**
 * One socket to the server, kept for ever: it comes back after any break, and enters its rooms again.
 *
 * A link is connecting, online, offline or refused (`Link`); the library, the server and a silence move it. The library
 * comes back by itself after a break, `#later` after the server has ended the connection or turned it away. An answer is
 * taken in where it stands among the events (`take`): whoever awaits it wakes up later. One that comes after its
 * connection has ended is that connection's alone, which `socketId` tells.
 */

import { io, type Socket } from "socket.io-client";
import { Backoff } from "./backoff";
import { Watchable } from "./emitter";
import { Refused, Unanswered } from "./errors";
import { Parts } from "./parts";
import { Patience } from "./patience";
import { Renewal } from "./renewal";
import { getToken, type Token } from "./token";
import type { ContentUpdated, Failed, Part, Problem, Session } from "./types";

export type Link =
  | { state: "connecting" }
  | { state: "online"; session: Session }
  | { state: "offline" }
  /** The token was refused. `isFinal`: it is a plain one, and nothing is tried before `renew`; else another is asked for. */
  | { state: "refused"; code: string; message: string; isFinal: boolean };

export interface ConnectionOptions {
  /** Where the server is; the page's own origin by default. */
  url?: string;
  /** A token, or how to get a fresh one: asked for anew at each connection, and after a while where one was refused. */
  token: Token;
  path?: string;
  /** How to connect, the first that works; `["websocket", "polling"]` by default. */
  transports?: ("websocket" | "polling")[];
}

/** Who takes part in a room. */
export interface Member {
  readonly room: string;
  /** What to send with `join_room`, each time; `joined`, `refused` or `parted` follows. */
  asked(): object;
  joined(answer: never): void;
  refused(problem: Problem): void;
  heard(event: string, payload: never): void;
  /** The connection broke; `joined` follows once it is back. */
  parted(): void;
}

/** The library tells of a broken connection only who waits for a limited time: this is as long as a timer goes. */
const FOR_EVER_MS = 2 ** 31 - 1;
const RETRY_MS = { first: 500, most: 10_000 };
/** A connection that lasts so long, and carries something, was no part of a trouble. */
const HELD_MS = 5_000;

/** Hears what a host application tells, by event: its own events begin with `host_`. */
export type HostListener = (event: string, payload: unknown) => void;

/** What comes with an event, or what stands for it where that comes in parts. */
interface Told {
  room?: string;
  room_id?: string;
  band_id?: string;
  from_host?: boolean;
}

/** Its payload is any JSON, not an object alone. */
function isOfHost(event: string, payload: Told | null | undefined): boolean {
  return event.startsWith("host_") || payload?.from_host === true;
}

export class Connection extends Watchable<Link> {
  readonly #socket: Socket;
  readonly #members = new Set<Member>();
  readonly #finishing = new Set<() => void>();
  readonly #ofHost = new Set<HostListener>();
  readonly #patience = new Patience();
  readonly #parts = new Parts();
  readonly #renewal = new Renewal(() => this.#showAnother());
  #isWanted = false;
  #token: Token;
  readonly #backoff = new Backoff(RETRY_MS.first, RETRY_MS.most);
  #retry: ReturnType<typeof setTimeout> | undefined;
  #onlineSince = 0;
  /** Whether anything was answered on the present connection. */
  #hasCarried = false;

  constructor(options: ConnectionOptions) {
    super({ state: "connecting" });
    this.#token = options.token;
    this.#socket = io(options.url ?? "", {
      path: options.path ?? "/socket.io/",
      autoConnect: false,
      forceNew: true,
      transports: options.transports ?? ["websocket", "polling"],
      tryAllTransports: true,
      query: { parts: "1" },
      reconnectionDelay: RETRY_MS.first,
      reconnectionDelayMax: RETRY_MS.most,
      randomizationFactor: 0.5,
      auth: (give) => {
        void getToken(this.#token).then(
          (fresh) => give({ token: fresh }),
          (error: unknown) => this.#lacksToken(error),
        );
      },
    });
    this.#socket.onAny((event: string, told: Told) => this.#hear(event, told));
    this.#socket.on("disconnect", (reason) => this.#end(reason));
    this.#socket.on("connect_error", (error) => this.#failed(error));
  }

  /** Called when this user has got, lost or changed a role in a band. */
  onMembership?: () => void;

  get isOnline(): boolean {
    return this.getState().state === "online";
  }

  /** How large a message may be: a larger one would end the connection. */
  get maxMessageBytes(): number {
    const link = this.getState();
    return link.state === "online" ? link.session.max_message_bytes : Infinity;
  }

  get sessionId(): string | null {
    const link = this.getState();
    return link.state === "online" ? link.session.session_id : null;
  }

  connect(): void {
    this.#isWanted = true;
    if (!this.#socket.active) this.#socket.connect();
  }

  /** Shows another token from the next connection on: at once, where it is a plain one and the last was refused. */
  renew(token: Token): void {
    if (token === this.#token) return;
    this.#token = token;
    const isRefused = this.getState().state === "refused";
    if (isRefused && typeof token === "string" && this.#isWanted) this.connect();
  }

  /** Leaves at once, so that others see it. `connect` comes back. */
  disconnect(): void {
    this.#isWanted = false;
    clearTimeout(this.#retry);
    this.#socket.disconnect();
  }

  /** The page goes: what is unfinished is finished (`beforeLeave`), sent, and others see at once that we left. */
  leave(): void {
    for (const finish of this.#finishing) finish();
    this.disconnect();
  }

  /** Has something done when the page goes, while it can still be sent. Returns how to take that back. */
  beforeLeave(finish: () => void): () => void {
    this.#finishing.add(finish);
    return () => this.#finishing.delete(finish);
  }

  /** The network is known to be gone: nothing is tried until `connect`. */
  suspend(): void {
    this.disconnect();
    this.set({ state: "offline" });
  }

  /** Keeps a member in its room until the returned function is called. */
  enter(member: Member): () => void {
    this.#members.add(member);
    if (this.isOnline) void this.#join(member);
    return () => {
      this.#members.delete(member);
      const isShared = [...this.#members].some((other) => other.room === member.room);
      if (this.isOnline && !isShared) this.#socket.emit("leave_room", { room: member.room });
    };
  }

  /**
   * The server's answer. Throws `Refused`, or `Unanswered` where none came: then the connection has ended, or ends now.
   *
   * A live socket that has fallen silent is of no use. Pings alone would tell it late, or never where they still come.
   *
   * `take` gets an answer that is ok where it stands among the events. Whoever awaits it goes on only when those that
   * came in with it have been heard: too late, where an answer says what they follow.
   */
  request<Answer extends { ok: true }>(
    event: string,
    payload: object,
    take: (answer: Answer) => void = () => undefined,
  ): Promise<Answer> {
    if (!this.#socket.connected) return Promise.reject(new Unanswered("not connected"));
    const socketId = this.#socket.id;
    return new Promise((resolve, reject) => {
      const giveUp = (): void => {
        if (this.#socket.id === socketId) this.#socket.io.engine.close();
      };
      const stopWaiting = this.#patience.wait(JSON.stringify(payload).length, giveUp);
      const answered = (error: Error | null, told: Answer | Failed): void => {
        stopWaiting();
        if (error) {
          reject(new Unanswered(String(error)));
          return;
        }
        if (this.#socket.id === socketId) this.#hasCarried = true;
        this.#patience.moved();
        const answer = this.#parts.whole(told);
        if (answer.ok) {
          take(answer);
          resolve(answer);
        } else reject(new Refused(answer.error));
      };
      this.#socket.timeout(FOR_EVER_MS).emit(event, payload, answered);
    });
  }

  #hear(event: string, told: Told): void {
    this.#patience.moved();
    const payload = this.#parts.whole(told);
    if (event === "part") this.#parts.take((payload as unknown as Part).text);
    else if (event === "session") this.#begin(payload as unknown as Session);
    else if (isOfHost(event, payload)) for (const listener of [...this.#ofHost]) listener(event, payload);
    else if (event === "content_updated" && (payload as ContentUpdated).type === "membership") this.#membershipChanged();
    else this.#tellRoom(event, payload);
  }

  /** Calls back with whatever the host application tells by way of the server. Returns how to take that back. */
  onHost(listener: HostListener): () => void {
    this.#ofHost.add(listener);
    return () => this.#ofHost.delete(listener);
  }

  /** An event is for the members of the room that it names; of one that names none nobody hears. */
  #tellRoom(event: string, payload: Told): void {
    const room = payload.room ?? payload.room_id ?? `band_${payload.band_id}`;
    for (const member of this.#members) if (member.room === room) this.#tell(member, () => member.heard(event, payload as never));
  }

  #begin(session: Session): void {
    this.#onlineSince = performance.now();
    this.#hasCarried = false;
    this.set({ state: "online", session });
    if (typeof this.#token !== "string") this.#renewal.begin(session.expires_at);
    for (const member of this.#members) void this.#join(member);
  }

  /** Returns when the token ends that the session goes on with. */
  async #showAnother(): Promise<string> {
    const token = await getToken(this.#token);
    return (await this.request<{ ok: true; expires_at: string }>("authenticate", { token })).expires_at;
  }

  /** Every room is entered again: what one may do there may have changed. */
  #membershipChanged(): void {
    for (const member of this.#members) void this.#join(member);
    this.onMembership?.();
  }

  async #join(member: Member, backoff = new Backoff(RETRY_MS.first, RETRY_MS.most)): Promise<void> {
    const socketId = this.#socket.id;
    try {
      await this.request("join_room", { room: member.room, ...member.asked() }, (answer) => {
        if (this.#members.has(member)) this.#tell(member, () => member.joined(answer as never));
      });
    } catch (error) {
      // Unanswered: the next connection enters all rooms anew.
      if (!(error instanceof Refused)) return;
      if (error.isPassing) {
        setTimeout(() => {
          // Another connection has entered all rooms anew.
          if (this.#members.has(member) && this.#socket.id === socketId) void this.#join(member, backoff);
        }, backoff.delay_ms(error.problem));
      } else member.refused(error.problem);
    }
  }

  /** One room that the SDK fails in takes no other with it: what it holds may be wrong by now, and it is left. */
  #tell(member: Member, what: () => void): void {
    try {
      what();
    } catch (error) {
      console.error(`the SDK failed in ${member.room}`, error);
      this.#members.delete(member);
      member.parted();
      member.refused({ code: "broken", message: `expected to go on in ${member.room}, but the SDK failed: ${error}` });
    }
  }

  /** Back-off begins anew only after a connection that was of use: else a fault that ends each would be a storm. */
  #end(reason: Socket.DisconnectReason): void {
    const hasHeld = this.isOnline && this.#hasCarried && performance.now() - this.#onlineSince >= HELD_MS;
    if (hasHeld) this.#backoff.reset();
    this.#parts.clear();
    this.#renewal.stop();
    for (const member of this.#members) member.parted();
    if (this.getState().state !== "refused") this.set({ state: this.#isWanted ? "connecting" : "offline" });
    if (reason === "io server disconnect") this.#later();
    // After any other reason, but that we left, the library comes back by itself.
    else if (reason !== "io client disconnect") this.#socket.io.reconnectionDelay(this.#backoff.delay_ms());
  }

  #failed(error: Error & { data?: Partial<Problem> }): void {
    const code = error.data?.code ?? "";
    const isRefused = code.startsWith("token_");
    const isFinal = isRefused && typeof this.#token === "string";
    this.set(isRefused ? { state: "refused", code, message: error.message, isFinal } : { state: "offline" });
    if (!this.#socket.active && !isFinal) this.#later({ ...error.data, code, message: error.message });
  }

  /** Without a token the server would keep the connection waiting, and end it. */
  #lacksToken(error: unknown): void {
    this.#socket.disconnect();
    const message = `expected a token from the function that gets them, which failed: ${error}`;
    // Who can't reach the one that gives tokens is offline, and refused by nobody.
    const code = (error as { code?: string } | null)?.code === "unreachable" ? "unreachable" : "token_missing";
    this.#failed(Object.assign(new Error(message), { data: { code } }));
  }

  #later(problem?: Problem): void {
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => {
      if (this.#isWanted && !this.#socket.active) this.#socket.connect();
    }, this.#backoff.delay_ms(problem));
  }
}
