// Live lists: the server keeps a sorted window of records right, and tells what changes in it.

import type { Connection, Message } from "./connection.js";
import { type Options, type RecordData, Subscription } from "./subscription.js";

/** A live list: its order, and how many records it shows at most (100 unless it is set, up to 500). */
export interface LiveOptions extends Options {
  sort?: string;
  limit?: number;
}

export class Live extends Subscription {
  private rows: RecordData[] = [];

  constructor(
    connection: Connection,
    topic: string,
    private readonly options: LiveOptions,
    private readonly shown: (rows: RecordData[]) => void,
    failed: (error: Error) => void,
  ) {
    super(connection, topic, failed);
  }

  protected wanted(): object {
    const { limit = 100, fields } = this.options;
    // Changes name records by their ids.
    return { ...this.options, limit, ...(fields && { fields: fields + ",id" }) };
  }

  protected take(m: Message): void {
    if (m.type === "reset") return; // a new snapshot follows
    if (m.type === "snapshot") this.rows = m["items"];
    else this.apply(m);
    if (m["token"]) this.shown(this.rows); // the list is whole again
  }

  private apply(m: Message): void {
    const { action, index, record } = m;
    const id = action === "leave" ? m["id"] : record.id;
    this.rows = this.rows.filter((row) => row.id !== id); // a new list: the old one was given away
    if (action !== "leave") this.rows.splice(index, 0, record);
  }
}
