// Subscriptions: changes of a collection or a record, and live lists. Both survive the loss of
// the socket: a subscription resumes where it was, a live list is read anew.

import { type Connection, LoamError, type Message, type Tenant } from "./connection.js";

/** A record as the REST API gives it. */
export type RecordData = { id: string; collectionId: string; collectionName: string; [field: string]: any };

/**
 * A change that a subscription may see. `enter` and `leave` say that a record starts or stops
 * matching the filter or the rule; `leave` has its id and collection alone. `reset` says that changes
 * may have been missed: whoever shows records reads them anew.
 */
export type Change<T = RecordData> =
  | { action: "create" | "update" | "delete" | "enter"; record: T }
  | { action: "leave"; record: Pick<RecordData, "id" | "collectionId" | "collectionName"> }
  | { action: "reset" };

/** Which records, and what of them; as in the REST API. */
export interface Options {
  filter?: string;
  expand?: string;
  fields?: string;
  query?: Record<string, string>;
  headers?: Record<string, string>;
}

/** A live list: its order, and how many records it shows at most (100 unless it is set, up to 500). */
export interface LiveOptions extends Options {
  sort?: string;
  limit?: number;
}

const busyPause = 3000; // after which a server that was too busy is asked again, in milliseconds

/** Stops what was started. More calls do nothing. */
export type Stop = () => void;

/** Subscription is one topic with its options. */
abstract class Subscription implements Tenant {
  private id = ""; // by which the server names it on this socket; "" until it has answered
  private round = 0; // counts the times it was asked for: an answer to an earlier one is void
  private stopped = false;

  constructor(
    protected readonly connection: Connection,
    private readonly topic: string,
    private readonly failed: (error: Error) => void,
  ) {}

  start(): Stop {
    this.connection.add(this);
    return this.stop;
  }

  /** what says how it subscribes. */
  protected abstract what(): object;

  /** apply takes a message of the subscription. */
  protected abstract apply(m: Message): void;

  /** begun is called with the token from which the subscription is live. */
  protected begun(_token: string): void {}

  opened(): void {
    this.id = "";
    const round = ++this.round;
    this.connection.request(
      { type: "subscribe", topic: this.topic, ...this.what() },
      (data) => {
        if (round !== this.round) return this.drop(data.sub);
        this.id = data.sub;
        this.begun(data.token);
      },
      (error) => {
        // A lost socket is no refusal: the next one asks again.
        if (round !== this.round || !(error instanceof LoamError)) return;
        if (error.status === 429 || error.status >= 500) {
          setTimeout(() => round === this.round && this.opened(), busyPause);
          return;
        }
        this.stop();
        this.failed(error);
      },
    );
  }

  received(m: Message): boolean {
    if (this.id === "" || m["sub"] !== this.id) return false;
    this.apply(m);
    return true;
  }

  /** again asks for the whole anew. */
  protected again(): void {
    this.drop(this.id);
    this.opened();
  }

  readonly stop: Stop = () => {
    if (this.stopped) return;
    this.stopped = true;
    this.round++;
    this.drop(this.id);
    this.id = "";
    this.connection.remove(this);
  };

  private drop(id: string): void {
    if (id) this.connection.send({ type: "unsubscribe", sub: id });
  }
}

/** Changes tells of each change, in the order of the commits. */
export class Changes extends Subscription {
  private token = ""; // up to which everything was told

  constructor(
    connection: Connection,
    topic: string,
    private readonly options: Options,
    private readonly told: (change: Change) => void,
    failed: (error: Error) => void,
  ) {
    super(connection, topic, failed);
  }

  protected what(): object {
    return this.token ? { ...this.options, since: this.token } : this.options;
  }

  protected override begun(token: string): void {
    this.token ||= token;
  }

  protected apply(m: Message): void {
    if (m["token"]) this.token = m["token"]; // comes with the last event of a transaction
    if (m.type === "reset") this.told({ action: "reset" });
    else if (m.type === "event") this.told({ action: m["action"], record: m["record"] });
  }
}

/** Live keeps a list as a query would return it. */
export class Live extends Subscription {
  private rows: RecordData[] = [];
  private next: RecordData[] | undefined; // the pages of a snapshot that is not whole yet
  private due = false;

  constructor(
    connection: Connection,
    collection: string,
    private readonly options: LiveOptions,
    private readonly shown: (rows: RecordData[]) => void,
    failed: (error: Error) => void,
  ) {
    super(connection, collection + "/*", failed);
  }

  protected what(): object {
    this.next = undefined;
    return { sort: "-@rowid", limit: 100, ...this.options, snapshot: true };
  }

  protected apply(m: Message): void {
    if (m.type === "reset") return this.again();
    if (m.type === "snapshot") {
      (this.next ??= []).push(...m["items"]);
      if (m["more"]) return;
      this.rows = this.next;
      this.next = undefined;
    } else if (m.type === "event") {
      this.change(m);
    }
    this.show();
  }

  /** change moves one record of the window. */
  private change(m: Message): void {
    const id = m["action"] === "leave" ? (m["id"] ?? m["record"].id) : m["record"].id;
    this.rows = this.rows.filter((r) => r.id !== id);
    if (m["action"] !== "leave") this.rows.splice(m["index"], 0, m["record"]);
  }

  /** show tells of the rows once for all messages that came together. */
  private show(): void {
    if (this.due) return;
    this.due = true;
    queueMicrotask(() => {
      this.due = false;
      this.shown(this.rows);
    });
  }
}
