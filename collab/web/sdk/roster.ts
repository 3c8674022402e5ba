/** Who is in a room, session by session and person by person. */

import type { Presence, PresenceUpdated, User } from "./types";

export class Roster {
  constructor(readonly sessions: ReadonlyMap<string, Presence> = new Map()) {}

  static of(list: readonly Presence[]): Roster {
    return new Roster(new Map(list.map((entry) => [entry.session_id, entry])));
  }

  updated(change: PresenceUpdated): Roster {
    const sessions = new Map(this.sessions);
    for (const entry of change.sessions) sessions.set(entry.session_id, entry);
    for (const id of change.gone ?? []) sessions.delete(id);
    return new Roster(sessions);
  }

  without(userId: string): Roster {
    return new Roster(new Map([...this.sessions].filter(([, entry]) => entry.user.id !== userId)));
  }

  /** One entry a person, whatever the number of their tabs; those who came first stand first. */
  get people(): { user: User; isActive: boolean }[] {
    const people = new Map<string, { user: User; isActive: boolean }>();
    const sorted = [...this.sessions.values()].sort((a, b) => a.joined_at.localeCompare(b.joined_at));
    for (const { user, status } of sorted) {
      const known = people.get(user.id);
      if (known) known.isActive ||= status === "active";
      else people.set(user.id, { user, isActive: status === "active" });
    }
    return [...people.values()];
  }
}
