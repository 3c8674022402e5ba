/** A band's room, and who is in a room. */

import { useEffect, useMemo } from "react";
import { BandRoom, type BandState, type ContentState, type Watchable } from "../sdk";
import { useCollab, useWatched } from "./collab";

/** A band: what it shares, who is online, one's role. */
export function useBand(bandId: string): { band: BandRoom; state: BandState } {
  const { connection } = useCollab();
  const band = useMemo(() => new BandRoom(bandId, connection), [bandId, connection]);
  useEffect(() => {
    band.open();
    return () => band.close();
  }, [band]);
  return { band, state: useWatched(band) };
}

/** Who is in a content's or a band's room: one entry a person. */
export function usePresence(room: Watchable<ContentState> | Watchable<BandState>): ContentState["roster"]["people"] {
  return useWatched<{ roster: ContentState["roster"] }>(room as Watchable<{ roster: ContentState["roster"] }>).roster.people;
}
