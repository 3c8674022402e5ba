/** A band's room: what it shares, and who is online. */

import type { Connection, Member } from "./connection";
import { Watchable } from "./emitter";
import { Roster } from "./roster";
import type {
  BandJoined,
  ContentUpdated,
  PresenceUpdated,
  Problem,
  Role,
  Summary,
  UserJoined,
  UserLeft,
} from "./types";

export interface BandState {
  role: Role | null;
  contents: readonly Summary[];
  roster: Roster;
  isJoined: boolean;
  problem: Problem | null;
}

export class BandRoom extends Watchable<BandState> implements Member {
  readonly room: string;
  onArrival?: (user: UserJoined["user"]) => void;
  onDeparture?: (left: UserLeft, name: string) => void;
  #leave: (() => void) | undefined;
  /** Heard before the answer to `join_room`, which says what it follows. */
  #early: [string, never][] = [];

  constructor(
    readonly id: string,
    readonly connection: Connection,
  ) {
    super({ role: null, contents: [], roster: new Roster(), isJoined: false, problem: null });
    this.room = `band_${id}`;
  }

  open(): this {
    this.#leave = this.connection.enter(this);
    return this;
  }

  close(): void {
    this.#leave?.();
  }

  payload(): object {
    return {};
  }

  joined(answer: BandJoined): void {
    const { role, contents, roster } = answer;
    this.set({ role, contents, roster: Roster.of(roster), isJoined: true, problem: null });
    for (const [event, payload] of this.#early.splice(0)) this.heard(event, payload);
  }

  refused(problem: Problem): void {
    this.set({ ...this.getState(), problem });
  }

  parted(): void {
    this.#early = [];
    this.set({ ...this.getState(), roster: new Roster(), isJoined: false });
  }

  heard(event: string, payload: never): void {
    const state = this.getState();
    if (!state.isJoined) {
      this.#early.push([event, payload]);
      return;
    }
    switch (event) {
      case "presence_updated":
        this.set({ ...state, roster: state.roster.updated(payload as PresenceUpdated) });
        break;
      case "user_joined":
        this.onArrival?.((payload as UserJoined).user);
        break;
      case "user_left": {
        const left = payload as UserLeft;
        const name = state.roster.people.find(({ user }) => user.id === left.user_id)?.user.name ?? "Somebody";
        this.onDeparture?.(left, name);
        this.set({ ...state, roster: state.roster.without(left.user_id) });
        break;
      }
      case "content_updated":
        this.set({ ...state, contents: updated(state.contents, payload) });
        break;
    }
  }
}

function updated(contents: readonly Summary[], change: ContentUpdated): readonly Summary[] {
  if (change.type === "membership") return contents;
  if (change.action === "refresh") return change.data as Summary[];
  const summary = change.data as Summary;
  const others = contents.filter((other) => other.id !== summary.id);
  return change.action === "remove" ? others : [...others, summary];
}
