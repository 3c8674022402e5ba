import { createHmac } from "node:crypto";

const TTL_S = 15 * 60;

/** GET /api/collab-token: a token for whoever is logged in. It lasts a quarter of an hour; the SDK fetches the next. */
export function GET(request: Request): Response {
  const user = currentUser(request.headers);
  const secret = process.env["COLLAB_JWT_SECRET"];
  if (!user || !secret) return new Response("", { status: user ? 503 : 401 });
  const expires = Math.floor(Date.now() / 1000) + TTL_S;
  return new Response(sign({ sub: user.id, name: user.name, exp: expires }, secret), {
    headers: { "Cache-Control": "no-store" },
  });
}

/** A JSON Web Token (RFC 7519), HS256. */
function sign(claims: object, secret: string): string {
  const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString("base64url");
  const signed = `${encode({ alg: "HS256", typ: "JWT" })}.${encode(claims)}`;
  return `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`;
}

/** Stands for the session of your own login. Here a proxy has checked who it is, and says so in headers. */
function currentUser(headers: Headers): { id: string; name: string } | null {
  const id = headers.get("x-user-id");
  return id ? { id, name: headers.get("x-user-name") ?? id } : null;
}
