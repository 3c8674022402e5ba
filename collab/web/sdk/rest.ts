/** The REST calls that a front end needs beside the socket. */

import { getToken, type Token } from "./token";
import type {
  Band,
  Brief,
  Checkpoint,
  Difference,
  DocumentJson,
  Edit,
  ExportFormat,
  ImportPreview,
  Job,
  Kind,
  Outline,
  Person,
  Policy,
  Problem,
  Summary,
  User,
} from "./types";

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

/** What is sent with a call. A form brings its own headers. */
interface Sent {
  headers?: Record<string, string>;
  body?: string | FormData;
}

/** What a body reads as that broke off on its way, as it does when the line drops or the page is left. */
const CUT_OFF = {};

export class Rest {
  constructor(
    readonly token: Token,
    readonly url = "",
  ) {}

  me(): Promise<{ user: User; may_make_bands: boolean; bands: Band[] }> {
    return this.#call("GET", "/api/me");
  }

  /** What each kind of content may hold, field by field. */
  kinds(): Promise<{ kinds: Kind[] }> {
    return this.#call("GET", "/api/kinds");
  }

  createBand(name: string): Promise<Band> {
    return this.#call("POST", "/api/bands", { name });
  }

  /** Renames a band, archives it, or brings it back. */
  changeBand(id: string, change: { name?: string; is_archived?: boolean }): Promise<Band> {
    return this.#call("PATCH", ofBand(id), change);
  }

  createContent(
    bandId: string,
    kind: string,
    title: string,
    document?: { fields?: object; items?: object[] },
  ): Promise<DocumentJson> {
    const body = { kind, title, ...(document ? { document } : {}) };
    return this.#call("POST", `${ofBand(bandId)}/contents`, body);
  }

  /** What a band shares; or what it has archived. */
  contents(bandId: string, areArchived = false): Promise<{ contents: Summary[] }> {
    return this.#call("GET", `${ofBand(bandId)}/contents${areArchived ? "?archived=true" : ""}`);
  }

  /** Of the contents of a kind that were changed last what a list shows. */
  briefs(bandId: string, kind: string): Promise<{ briefs: Brief[] }> {
    return this.#call("GET", `${ofBand(bandId)}/briefs?kind=${encodeURIComponent(kind)}`);
  }

  /** Who is in a band's rooms now, and in which. */
  presence(bandId: string): Promise<{ people: Person[] }> {
    return this.#call("GET", `${ofBand(bandId)}/presence`);
  }

  /** Puts a content away; nothing of it is deleted. */
  archive(id: string): Promise<null> {
    return this.#call("DELETE", ofContent(id));
  }

  /** Brings an archived content back. */
  unarchive(id: string): Promise<Summary> {
    return this.#call("POST", `${ofContent(id)}/unarchive`);
  }

  content(id: string, version?: number): Promise<DocumentJson> {
    return this.#call("GET", `${ofContent(id)}${version === undefined ? "" : `?version=${version}`}`);
  }

  /** The named fields of every item. `known` is an earlier outline: it is returned where nothing has changed since. */
  async outline(id: string, fields: readonly string[], known?: Outline): Promise<Outline> {
    const path = `${ofContent(id)}/outline?fields=${fields.map(encodeURIComponent).join(",")}`;
    const response = await this.#fetch("GET", path, known ? { headers: { "If-None-Match": known.etag } } : {});
    if (response.status === 304 && known) return known;
    return { ...(await read<Omit<Outline, "etag">>(response)), etag: response.headers.get("ETag") ?? "" };
  }

  edits(id: string, after: number, limit = 100): Promise<{ edits: Edit[]; head: number }> {
    return this.#call("GET", `${ofContent(id)}/edits?after=${after}&limit=${limit}`);
  }

  /** Brings a content back to what it was at a version, as a new edit. */
  revert(id: string, version: number): Promise<unknown> {
    return this.#call("POST", `${ofContent(id)}/revert`, { version });
  }

  /** What changed from one version to another, as data and in words. */
  difference(id: string, from: number, to: number): Promise<Difference> {
    return this.#call("GET", `${ofContent(id)}/diff?from=${from}&to=${to}`);
  }

  /** The named versions, the newest first. */
  checkpoints(id: string): Promise<{ checkpoints: Checkpoint[] }> {
    return this.#call("GET", `${ofContent(id)}/checkpoints`);
  }

  /** Gives a version a name; without one, the version of the moment. */
  createCheckpoint(id: string, label: string, version?: number): Promise<Checkpoint> {
    return this.#call("POST", `${ofContent(id)}/checkpoints`, { label, ...(version === undefined ? {} : { version }) });
  }

  /** A content as a file, by the name that the server gives it. */
  exported(id: string, format: ExportFormat): Promise<File> {
    return this.#file(`${ofContent(id)}/export?format=${format}`, `export.${format}`);
  }

  /** All that is stored of the user, as a file. */
  mine(): Promise<File> {
    return this.#file("/api/me/data", "mine.json");
  }

  /** What an import of a file would bring and change; nothing is changed. */
  previewImport(bandId: string, file: File): Promise<ImportPreview> {
    return this.#post(`${ofBand(bandId)}/imports/preview`, { file });
  }

  /** Begins to bring in a file's songs; `choices` has policies for single ones, by their number in the preview. */
  startImport(bandId: string, file: File, policy: Policy, choices: Readonly<Record<number, Policy>> = {}): Promise<{ job_id: string }> {
    return this.#post(`${ofBand(bandId)}/imports`, { file, policy, choices: JSON.stringify(choices) });
  }

  /** How far an import is, and what came of it. */
  job(id: string): Promise<Job> {
    return this.#call("GET", `/api/imports/${encodeURIComponent(id)}`);
  }

  /** Ends an import; what it has brought in stays. */
  cancelJob(id: string): Promise<Job> {
    return this.#call("DELETE", `/api/imports/${encodeURIComponent(id)}`);
  }

  /** Any other call of the server's. Throws `RestError`. */
  call<Answer>(method: string, path: string, body?: object): Promise<Answer> {
    return this.#call(method, path, body);
  }

  /** A file of the server's, by the name that it has there, or by another where it says none. */
  async #file(path: string, otherwise: string): Promise<File> {
    const response = await this.#fetch("GET", path);
    if (!response.ok) return read<never>(response);
    const name = /filename\*=UTF-8''([^;]+)/.exec(response.headers.get("Content-Disposition") ?? "")?.[1];
    const body = await response.blob().catch(cutOff);
    return new File([body], name === undefined ? otherwise : decodeURIComponent(name), { type: body.type });
  }

  async #post<Answer>(path: string, fields: Readonly<Record<string, string | File>>): Promise<Answer> {
    const body = new FormData();
    for (const [name, value] of Object.entries(fields)) body.append(name, value);
    return read(await this.#fetch("POST", path, { body }));
  }

  async #call<Answer>(method: string, path: string, body?: object): Promise<Answer> {
    const sent = body ? { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) } : {};
    return read(await this.#fetch(method, path, sent));
  }

  async #fetch(method: string, path: string, sent: Sent = {}): Promise<Response> {
    const token = await getToken(this.token);
    try {
      // Before somebody has a token, they may ask what a link is for.
      const headers = token ? { ...sent.headers, Authorization: `Bearer ${token}` } : { ...sent.headers };
      return await fetch(this.url + path, { ...sent, method, headers });
    } catch {
      throw new RestError(0, "unreachable", "The server can't be reached.");
    }
  }
}

const ofBand = (id: string): string => `/api/bands/${encodeURIComponent(id)}`;
const ofContent = (id: string): string => `/api/contents/${encodeURIComponent(id)}`;

function cutOff(): never {
  throw new RestError(0, "unreachable", "The server's answer was cut off.");
}

async function read<Answer>(response: Response): Promise<Answer> {
  if (response.status === 204) return null as Answer;
  const answer: unknown = await response.json().catch(() => CUT_OFF);
  if (!response.ok) {
    const problem = (answer as { error?: Problem } | null)?.error;
    throw new RestError(response.status, problem?.code ?? "unknown", problem?.message ?? response.statusText);
  }
  if (answer === CUT_OFF) cutOff();
  return answer as Answer;
}
