/** Who uses this page: the token from the link, and what it says. */

import type { Band, Kind, Token, User } from "../sdk";
import { deviceUser, leaveDevice, tokensOf } from "./device";
import { contentsKey, lastBandKey, playerKey, stageKey } from "./keys";
import { forget, keep, recall } from "./storage";

const KEY = "collab-token";

export interface Identity {
  token: Token;
  userId: string;
  name: string;
}

/** Takes the token out of the address bar and keeps it for this tab. Null where there is none, or it is no token. */
export function identify(): Identity | null {
  const given = /^#token=([\w.-]+)/.exec(location.hash)?.[1];
  if (given) {
    sessionStorage.setItem(KEY, given);
    history.replaceState(null, "", location.pathname + location.search);
  }
  const token = given ?? sessionStorage.getItem(KEY);
  if (token) return read(token);
  const user = deviceUser();
  return user && { token: tokensOf(user.id), userId: user.id, name: user.name };
}

/** Takes the secret of a link out of the address bar; null where nobody came by one. */
export function takeLink(): string | null {
  const secret = /^#join=([\w-]+)$/.exec(location.hash)?.[1] ?? null;
  if (secret !== null) history.replaceState(null, "", location.pathname + location.search);
  return secret;
}

/** An answer that comes in before the page has gone keeps nothing any more. */
let hasLeft = false;

/** Forgets the token, and what the page has kept of a user, where one is given; and begins anew. `isDone`: another tab
 * has signed the device out, and somebody else may be signed in by now. */
export async function dropToken(userId: string | null, isDone: boolean): Promise<void> {
  hasLeft = true;
  const isByToken = sessionStorage.getItem(KEY) !== null;
  sessionStorage.removeItem(KEY);
  if (userId !== null) forget((key) => isOf(userId, key));
  if (!isByToken && !isDone) await leaveDevice();
  history.replaceState(null, "", location.pathname + location.search);
  location.reload();
}

/** Reads what a token says of its user. Only the server checks it. */
function read(token: string): Identity | null {
  try {
    const payload = (token.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/");
    const bytes = Uint8Array.from(atob(payload), (character) => character.charCodeAt(0));
    const claims = JSON.parse(new TextDecoder().decode(bytes)) as { sub?: unknown; name?: unknown };
    if (typeof claims.sub !== "string") return null;
    return { token, userId: claims.sub, name: typeof claims.name === "string" ? claims.name : claims.sub };
  } catch {
    return null;
  }
}

/** What the server says before any band is open. */
export interface Known {
  user: User;
  may_make_bands: boolean;
  bands: Band[];
  kinds: Kind[];
}

const knownKey = (userId: string): string => `collab-known ${userId}`;

/** Whether a key is one of a user's. */
const isOf = (userId: string, key: string): boolean =>
  [knownKey(userId), lastBandKey(userId), playerKey(userId)].includes(key) ||
  [contentsKey(userId, ""), stageKey(userId, "")].some((beginning) => key.startsWith(beginning));

/** What the server last said, for when it can't be asked. */
export const remembered = {
  get: (userId: string): Known | null => recall<Known>(knownKey(userId)),
  set: (userId: string, known: Known): void => {
    if (!hasLeft) keep(knownKey(userId), known);
  },
};
