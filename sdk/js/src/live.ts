// Live lists: what a list of the REST API returns, read anew when a change may make it another one.

import { type AuthStore, type Connection, LoamError } from "./connection.js";
import { busyPause, Changes, isBusy, type Options, type RecordData, type Stop } from "./subscription.js";

/** A live list: its order, and how many records it shows at most (100 unless it is set, up to 1,000). */
export interface LiveOptions extends Options {
  sort?: string;
  limit?: number;
}

/** How long reads of a list are apart at least, in milliseconds. */
const readEvery = 100;

export class Live {
  private readonly changes: Changes;
  private readonly url: string;
  private stopped = false;
  private reading = false; // or about to
  private due = false; // something has changed since the last read began
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    connection: Connection,
    base: string,
    private readonly auth: AuthStore | undefined,
    collection: string,
    private readonly options: LiveOptions,
    private readonly shown: (rows: RecordData[]) => void,
    private readonly failed: (error: Error) => void,
  ) {
    const { sort, limit, ...rest } = options;
    const query = new URLSearchParams({ perPage: String(limit ?? 100), skipTotal: "1", ...rest.query });
    for (const [key, value] of Object.entries({ sort, filter: rest.filter, expand: rest.expand, fields: rest.fields })) {
      if (value) query.set(key, value);
    }
    this.url = `${base}api/collections/${encodeURIComponent(collection)}/records?${query}`;
    // The subscription only says that something has changed: of the records it needs nothing.
    const watched = { ...rest, expand: "", fields: "id" };
    const changed = () => this.read();
    this.changes = new Changes(connection, collection + "/*", watched, changed, (e) => this.fail(e), changed);
  }

  start(): Stop {
    this.changes.start();
    return this.stop;
  }

  private readonly stop: Stop = () => {
    this.stopped = true;
    clearTimeout(this.timer);
    this.changes.stop();
  };

  private fail(error: Error): void {
    this.stop();
    this.failed(error);
  }

  /** read reads the list, once for all changes that come meanwhile. */
  private read(): void {
    this.due = true;
    if (!this.reading) this.after(0);
  }

  private after(pause: number): void {
    this.reading = true;
    this.timer = setTimeout(() => this.once(), pause);
  }

  private async once(): Promise<void> {
    this.due = false;
    try {
      const rows = await this.fetch();
      if (this.stopped) return;
      this.shown(rows);
    } catch (error) {
      if (this.stopped) return;
      if (error instanceof LoamError && !isBusy(error)) return this.fail(error);
      return this.after(busyPause); // the network, or a busy server
    }
    // Changes that come in the meantime wait for the next read.
    this.timer = setTimeout(() => {
      this.reading = false;
      if (this.due) this.read();
    }, readEvery);
  }

  private async fetch(): Promise<RecordData[]> {
    const headers: Record<string, string> = { ...this.options.headers };
    if (this.auth?.token) headers["Authorization"] = this.auth.token;
    const response = await fetch(this.url, { headers });
    const body = await response.json();
    if (!response.ok) throw new LoamError(response.status, "", body.message, body.data);
    return body.items;
  }
}
