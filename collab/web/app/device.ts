/**
 * The device as one that stays signed in: who that is, as this browser remembers, and tokens for them.
 *
 * What signs it in is a cookie that no script reads; the server gives a short token for it. Several people may use a
 * device one after the other, and a page of the one before may still be open: a token that is another one's is not taken.
 */

import { RestError } from "../sdk/rest";
import type { Problem, User } from "../sdk/types";
import { restUrl } from "./place";
import { keep, recall } from "./storage";

/** Where it is kept who is signed in; other tabs hear when it goes. */
export const DEVICE_KEY = "collab-device";
const LEAVING_KEY = "collab-leaving";

/** A token lasts ten minutes; so old, another one is asked for. */
const FRESH_MS = 8 * 60_000;

interface SignedIn {
  user: User;
  token: string;
}

/** Who is signed in on this device. */
export const deviceUser = (): User | null => recall<User>(DEVICE_KEY);

export function rememberUser(user: User): void {
  keep(DEVICE_KEY, user);
}

/** Gets tokens for a user who is signed in here: the same one while it is fresh. */
export function tokensOf(userId: string): () => Promise<string> {
  let asked: Promise<string> | null = null;
  let askedAt = 0;
  let hasHad = false;
  return () => {
    if (asked === null || Date.now() - askedAt > FRESH_MS) {
      askedAt = Date.now();
      asked = askFor(userId);
      asked.then(
        () => (hasHad = true),
        (error: RestError) => {
          // It is asked for again; who was signed out meanwhile is told so, from the beginning.
          asked = null;
          if (hasHad && error.status === 401) location.reload();
        },
      );
    }
    return asked;
  };
}

async function askFor(userId: string): Promise<string> {
  const answer = await fetch(`${restUrl}/api/device/token`, { method: "POST" }).catch(() => {
    throw new RestError(0, "unreachable", "The server can't be reached.");
  });
  const told = (await answer.json().catch(() => ({}))) as Partial<SignedIn> & { error?: Problem };
  if (!answer.ok) throw new RestError(answer.status, told.error?.code ?? "unknown", told.error?.message ?? answer.statusText);
  if (told.user?.id !== userId) throw new RestError(401, "token_invalid", "somebody else is signed in on this device");
  return told.token!;
}

/** Signs the device out: now, or, where the server can't be reached, when the page is opened the next time. */
export async function leaveDevice(): Promise<void> {
  if (localStorage.getItem(DEVICE_KEY) !== null) keep(LEAVING_KEY, true);
  localStorage.removeItem(DEVICE_KEY);
  await finishLeaving();
}

/** What a sign-out without a network has left to do. */
export async function finishLeaving(): Promise<void> {
  if (recall(LEAVING_KEY) === null) return;
  const answer = await fetch(`${restUrl}/api/device`, { method: "DELETE", keepalive: true }).catch(() => null);
  if (answer?.ok) localStorage.removeItem(LEAVING_KEY);
}
