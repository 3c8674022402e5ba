/** Which band the page shows, and how one begins. */

import type { Band, Rest } from "../react";
import { go } from "./route";
import { lastBandKey } from "./keys";
import { recall } from "./storage";

/** Makes a band with its repertoire, and goes there. */
export async function makeBand(rest: Rest, name: string): Promise<Band> {
  const band = await rest.createBand(name);
  await rest.createContent(band.id, "repertoire", "Repertoire");
  go({ band: band.id });
  return band;
}

/** The band that is asked for; else the one that was open last on this device, and else one that is not archived. */
export function bandToShow(bands: readonly Band[], asked: string | null, userId: string): Band | undefined {
  const withId = (id: string | null): Band | undefined => bands.find((band) => band.id === id);
  return withId(asked) ?? withId(recall<string>(lastBandKey(userId))) ?? bands.find(({ is_archived }) => !is_archived) ?? bands[0];
}
