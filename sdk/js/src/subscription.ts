// Subscriptions: changes of a collection or a record. They survive the loss of the socket, and go
// on where they were.

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

const busyPause = 3000; // after which a server that was too busy is asked again, in milliseconds

/** Stops what was started. More calls do nothing. */
export type Stop = () => void;

/** Subscription is what the server was asked to tell about, on each socket anew. */
export abstract class Subscription implements Tenant {
  private id = ""; // by which the server names it on this socket; "" until it has answered
  private round = 0; // counts the times it was asked for: an answer to an earlier one is void
  private stopped = false;

  constructor(
    private readonly connection: Connection,
    private readonly topic: string,
    private readonly failed: (error: Error) => void,
  ) {}

  /** wanted is what the server is asked for, beside the topic. */
  protected abstract wanted(): object;

  /** take is called with each message for this subscription. */
  protected abstract take(m: Message): void;

  /** taken is called when the server has answered, with the token of that moment. */
  protected taken(_token: string): void {}

  start(): Stop {
    this.connection.add(this);
    return this.stop;
  }

  opened(): void {
    this.id = "";
    const round = ++this.round;
    this.connection.request(
      { type: "subscribe", topic: this.topic, ...this.wanted() },
      (data) => {
        if (round !== this.round) return this.drop(data.sub);
        this.id = data.sub;
        this.taken(data.token);
      },
      (error) => {
        // A lost socket is no refusal: the next one asks again.
        if (round !== this.round || !(error instanceof LoamError)) return;
        if (isBusy(error)) {
          setTimeout(() => round === this.round && this.opened(), busyPause);
          return;
        }
        this.fail(error);
      },
    );
  }

  received(m: Message): boolean {
    if (this.id === "" || m["sub"] !== this.id) return false;
    if (m.type === "error") {
      this.id = ""; // the server has ended it
      this.fail(new LoamError(m["status"], m["code"], m["message"], m["data"]));
    } else this.take(m);
    return true;
  }

  readonly stop: Stop = () => {
    if (this.stopped) return;
    this.stopped = true;
    this.round++;
    this.drop(this.id);
    this.id = "";
    this.connection.remove(this);
  };

  private fail(error: Error): void {
    this.stop();
    this.failed(error);
  }

  private drop(id: string): void {
    if (id) this.connection.send({ type: "unsubscribe", sub: id });
  }
}

/** Changes tells of each change of a topic, in the order of the commits. */
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

  protected wanted(): object {
    return this.token ? { ...this.options, since: this.token } : this.options;
  }

  protected override taken(token: string): void {
    this.token ||= token;
  }

  protected take(m: Message): void {
    if (m["token"]) this.token = m["token"]; // comes with the last event of a transaction
    if (m.type === "reset") this.told({ action: "reset" });
    else if (m.type === "event") this.told({ action: m["action"], record: m["record"] });
  }
}

/** isBusy reports whether the same may succeed later. */
function isBusy(error: LoamError): boolean {
  return error.status === 429 || error.status >= 500;
}
