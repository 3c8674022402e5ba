/** The REST calls that a front end needs beside the socket. */

import type { Band, DocumentJson, Edit, Kind, Problem, Summary, User } from "./types";

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
    readonly token: string | (() => string | Promise<string>),
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

  edits(id: string, after: number, limit = 100): Promise<{ edits: Edit[]; head: number }> {
    return this.#call("GET", `/api/contents/${encodeURIComponent(id)}/edits?after=${after}&limit=${limit}`);
  }

  /** Brings a content back to what it was at a version, as a new edit. */
  revert(id: string, version: number): Promise<unknown> {
    return this.#call("POST", `/api/contents/${encodeURIComponent(id)}/revert`, { version });
  }

  async #call<Answer>(method: string, path: string, body?: object): Promise<Answer> {
    const token = typeof this.token === "string" ? this.token : await this.token();
    let response: Response;
    try {
      response = await fetch(this.url + path, {
        method,
        headers: { Authorization: `Bearer ${token}`, ...(body ? { "Content-Type": "application/json" } : {}) },
        ...(body ? { body: JSON.stringify(body) } : {}),
      });
    } catch {
      throw new RestError(0, "unreachable", "The server can't be reached.");
    }
    if (response.status === 204) return null as Answer;
    const answer: unknown = await response.json().catch(() => CUT_OFF);
    if (!response.ok) {
      const problem = (answer as { error?: Problem } | null)?.error;
      throw new RestError(response.status, problem?.code ?? "unknown", problem?.message ?? response.statusText);
    }
    if (answer === CUT_OFF) throw new RestError(0, "unreachable", "The server's answer was cut off.");
    return answer as Answer;
  }
}
