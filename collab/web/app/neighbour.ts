/** A place in an order of items, which is one also once its item has gone. */

import type { Item } from "../sdk";

/** An item, and where it stood in the order when it was seen last. */
export interface Place {
  item: string;
  position: string;
}

export const placeOf = ({ id, position }: Item): Place => ({ item: id, position });

/** The index of the item there; where it is gone that of its neighbour: the next one behind, else the last. */
export function indexAt(items: readonly Item[], place: Place | null): number {
  if (place === null) return 0;
  const at = items.findIndex(({ id }) => id === place.item);
  if (at >= 0) return at;
  const behind = items.findIndex(({ position }) => position > place.position);
  return behind >= 0 ? behind : Math.max(0, items.length - 1);
}
