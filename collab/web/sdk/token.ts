/** Where a client's tokens come from: one for good, or a function of the host that gets a fresh one. */

/** A token, or a function that gets a fresh one. */
export type Token = string | (() => string | Promise<string>);

/** A token to show now. Throws what the function throws. */
export async function getToken(source: Token): Promise<string> {
  return typeof source === "string" ? source : source();
}
