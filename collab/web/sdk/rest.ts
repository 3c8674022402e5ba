/** The REST calls that a front end needs beside the socket. */

import { getToken, type Token } from "./token";
import type { Band, DocumentJson, Edit, Kind, Outline, Problem, Summary, User } from "./types";

/** The server refused a call, or could not be reached (`code` is then `unreachable`). */
export class RestError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** What a body reads as that broke off on its way, as it does when the line drops or the page is left. */
const CUT_OFF = {};

export class Rest {
  constructor(
    readonly token: Token,
    readonly url = "",
  ) {}

  me(): Promise<{ user: User; bands: Band[] }> {
    return this.#call("GET", "/api/me");
  }

  /** What each kind of content may hold, field by field. */
  kinds(): Promise<{ kinds: Kind[] }> {
    return this.#call("GET", "/api/kinds");
  }

  createBand(name: string): Promise<Band> {
    return this.#call("POST", "/api/bands", { name });
  }

  createContent(
    bandId: string,
    kind: string,
    title: string,
    document?: { fields?: object; items?: object[] },
  ): Promise<DocumentJson> {
    const body = { kind, title, ...(document ? { document } : {}) };
    return this.#call("POST", `/api/bands/${encodeURIComponent(bandId)}/contents`, body);
  }

  contents(bandId: string): Promise<{ contents: Summary[] }> {
    return this.#call("GET", `/api/bands/${encodeURIComponent(bandId)}/contents`);
  }

  content(id: string, version?: number): Promise<DocumentJson> {
    return this.#call("GET", `/api/contents/${encodeURIComponent(id)}${version === undefined ? "" : `?version=${version}`}`);
  }

  /** The named fields of every item. `known` is an earlier outline: it is returned where nothing has changed since. */
  async outline(id: string, fields: readonly string[], known?: Outline): Promise<Outline> {
    const path = `/api/contents/${encodeURIComponent(id)}/outline?fields=${fields.map(encodeURIComponent).join(",")}`;
    const response = await this.#fetch("GET", path, known ? { headers: { "If-None-Match": known.etag } } : {});
    if (response.status === 304 && known) return known;
    return { ...(await read<Omit<Outline, "etag">>(response)), etag: response.headers.get("ETag") ?? "" };
  }

  edits(id: string, after: number, limit = 100): Promise<{ edits: Edit[]; head: number }> {
    return this.#call("GET", `/api/contents/${encodeURIComponent(id)}/edits?after=${after}&limit=${limit}`);
  }

  /** Brings a content back to what it was at a version, as a new edit. */
  revert(id: string, version: number): Promise<unknown> {
    return this.#call("POST", `/api/contents/${encodeURIComponent(id)}/revert`, { version });
  }

  async #call<Answer>(method: string, path: string, body?: object): Promise<Answer> {
    const sent = body ? { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) } : {};
    return read(await this.#fetch(method, path, sent));
  }

  async #fetch(method: string, path: string, sent: { headers?: Record<string, string>; body?: string }): Promise<Response> {
    const token = await getToken(this.token);
    try {
      return await fetch(this.url + path, { ...sent, method, headers: { ...sent.headers, Authorization: `Bearer ${token}` } });
    } catch {
      throw new RestError(0, "unreachable", "The server can't be reached.");
    }
  }
}

async function read<Answer>(response: Response): Promise<Answer> {
  if (response.status === 204) return null as Answer;
  const answer: unknown = await response.json().catch(() => CUT_OFF);
  if (!response.ok) {
    const problem = (answer as { error?: Problem } | null)?.error;
    throw new RestError(response.status, problem?.code ?? "unknown", problem?.message ?? response.statusText);
  }
  if (answer === CUT_OFF) throw new RestError(0, "unreachable", "The server's answer was cut off.");
  return answer as Answer;
}
