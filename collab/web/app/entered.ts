/** What begins before anything is shown: the connection, and the first questions. */

import { Connection } from "../sdk/connection";
import { Rest } from "../sdk/rest";
import { restUrl, socketPath } from "./place";
import type { Identity, Known } from "./session";

/** Who came by a link, the connection that was made with it, and what was asked first. */
export interface Entered {
  identity: Identity;
  connection: Connection;
  rest: Rest;
  known: Promise<Known>;
}

export function enter(identity: Identity): Entered {
  const connection = new Connection({ token: identity.token, path: socketPath });
  if (navigator.onLine) connection.connect();
  const rest = new Rest(identity.token, restUrl);
  const known = ask(rest);
  // Whoever waits for it says why it failed.
  known.catch(() => undefined);
  return { identity, connection, rest, known };
}

export async function ask(rest: Rest): Promise<Known> {
  const [me, { kinds }] = await Promise.all([rest.me(), rest.kinds()]);
  return { ...me, kinds };
}
