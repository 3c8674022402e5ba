/** A band's room: what it shares, and who is online. */

import type { Connection } from "./connection";
import { Room } from "./room";
import { Roster } from "./roster";
import type { BandJoined, ContentUpdated, Problem, Role, Summary, UserLeft } from "./types";

export interface BandState {
  role: Role | null;
  contents: readonly Summary[];
  roster: Roster;
  isJoined: boolean;
  problem: Problem | null;
}

const EMPTY: BandState = { role: null, contents: [], roster: new Roster(), isJoined: false, problem: null };

export class BandRoom extends Room<BandState, BandJoined> {
  onDeparture?: (left: UserLeft, name: string) => void;
  #contents: readonly Summary[] = [];

  constructor(
    readonly id: string,
    connection: Connection,
  ) {
    super(EMPTY, `band_${id}`, connection);
  }

  open(): this {
    this.enter();
    return this;
  }

  protected payload(): object {
    return {};
  }

  protected entered({ contents }: BandJoined): void {
    this.#contents = contents;
  }

  protected told(event: string, payload: never): void {
    if (event === "content_updated") this.#contents = updated(this.#contents, payload);
  }

  protected departed(left: UserLeft): void {
    const name = this.roster.people.find(({ user }) => user.id === left.user_id)?.user.name ?? "Somebody";
    this.onDeparture?.(left, name);
  }

  protected changed(): void {
    const { role, roster, isJoined, problem } = this;
    this.set({ role, contents: this.#contents, roster, isJoined, problem });
  }
}

function updated(contents: readonly Summary[], change: ContentUpdated): readonly Summary[] {
  if (change.type === "membership") return contents;
  if (change.action === "refresh") return change.data as Summary[];
  const summary = change.data as Summary;
  const others = contents.filter((other) => other.id !== summary.id);
  return change.action === "remove" ? others : [...others, summary];
}
