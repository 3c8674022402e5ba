/** A room as a client is in it: its roster, its events, and coming back to it on every new connection. */

import type { Connection, Member } from "./connection";
import { Watchable } from "./emitter";
import { Roster } from "./roster";
import type { Presence, PresenceUpdated, Problem, Role, UserJoined, UserLeft } from "./types";

const OF_PRESENCE = ["presence_updated", "user_joined", "user_left"];

/** What a band and a content have in common. */
export abstract class Room<State, Answer extends { role: Role; roster: Presence[] }>
  extends Watchable<State>
  implements Member
{
  /** Called when somebody's first session has entered. */
  onArrival?: (user: UserJoined["user"]) => void;

  protected role: Role | null = null;
  protected roster = new Roster();
  protected isJoined = false;
  protected problem: Problem | null = null;
  #isAsked = false;
  /** Heard before the answer to `join_room`: that says what it follows, and may have been read from the database before
   * it. The roster was not: it has what was told of presence. */
  #early: [string, never][] = [];
  #leave: (() => void) | undefined;

  protected constructor(
    state: State,
    readonly room: string,
    protected readonly connection: Connection,
  ) {
    super(state);
  }

  /** What to send with `join_room`. */
  protected abstract payload(): object;
  /** Takes in the rest of the answer to `join_room`. */
  protected abstract entered(answer: Answer): void;
  /** Takes in an event of its own. */
  protected abstract told(event: string, payload: never): void;
  /** Somebody's last session has left; they are still in the roster. */
  protected abstract departed(left: UserLeft): void;
  /** Shows what is true now. */
  protected abstract changed(): void;

  protected enter(): void {
    this.#leave = this.connection.enter(this);
  }

  close(): void {
    this.#leave?.();
    this.#leave = undefined;
  }

  asked(): object {
    this.#isAsked = true;
    return this.payload();
  }

  joined(answer: Answer): void {
    this.isJoined = true;
    this.#isAsked = false;
    this.problem = null;
    this.role = answer.role;
    this.roster = Roster.of(answer.roster);
    this.entered(answer);
    for (const [event, payload] of this.#early.splice(0)) this.heard(event, payload);
    this.changed();
  }

  refused(problem: Problem): void {
    this.#isAsked = false;
    this.problem = problem;
    this.changed();
  }

  parted(): void {
    this.isJoined = false;
    this.#isAsked = false;
    this.#early = [];
    this.roster = new Roster();
    this.changed();
  }

  heard(event: string, payload: never): void {
    if (this.#isAsked) {
      if (!OF_PRESENCE.includes(event)) this.#early.push([event, payload]);
      return;
    }
    switch (event) {
      case "presence_updated":
        this.roster = this.roster.updated(payload as PresenceUpdated);
        break;
      case "user_joined":
        this.onArrival?.((payload as UserJoined).user);
        break;
      case "user_left":
        this.departed(payload as UserLeft);
        this.roster = this.roster.without((payload as UserLeft).user_id);
        break;
      default:
        this.told(event, payload);
    }
    this.changed();
  }
}
