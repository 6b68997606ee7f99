// The client: what an app makes once, beside its `pocketbase` client or alone.

import { Channel } from "./channel.js";
import { type AuthStore, Connection, type State } from "./connection.js";
import { Live, type LiveOptions } from "./live.js";
import { type Change, Changes, type Options, type RecordData, type Stop } from "./subscription.js";

export { type AuthStore, LoamError, type State } from "./connection.js";
export type { Channel, From, SendOptions, User } from "./channel.js";
export type { LiveOptions } from "./live.js";
export type { Change, Options, RecordData, Stop } from "./subscription.js";

/** What a client is made with. */
export interface Config {
  authStore?: AuthStore; // that of a `pocketbase` client, or one's own; none: always a guest
  WebSocket?: unknown; // where the platform has none, as in Node 20: that of npm `ws`
}

/** Told of an error that ends a subscription: no such collection, a filter that is not valid. */
type Failed = (error: Error) => void;

const complain: Failed = (error) => console.error(error);

/** Loam is a client of one server. Its socket is open while there is something to hear. */
export class Loam {
  private readonly connection: Connection;
  private readonly listeners = new Map<string, Set<(detail: any) => void>>();

  /** url is where the server is, as in `https://example.com`. */
  constructor(url: string, config: Config = {}) {
    const Socket = (config.WebSocket ?? globalThis.WebSocket) as typeof WebSocket | undefined;
    if (!Socket) throw new Error("this platform has no WebSocket: pass that of npm ws");
    const base = new URL(url.replace(/\/*$/, "/"), typeof location === "undefined" ? undefined : location.href);
    const at = new URL("api/realtime/ws", base);
    at.protocol = at.protocol.replace("http", "ws");
    this.connection = new Connection(at.href, config.authStore, Socket);
    this.connection.onState = (state) => this.tell("state", state);
    this.connection.onAuth = (reason) => this.tell("auth", reason);
  }

  /** state is what the connection is doing. */
  get state(): State {
    return this.connection.state;
  }

  /** peer is the public id of this connection, as others see it in channels. */
  get peer(): string {
    return this.connection.peer;
  }

  /**
   * on listens to `state`, or to `auth`: the server has made this client a guest, because its
   * token was `expired`, `revoked`, or its account `deleted`.
   */
  on(event: "state", listener: (state: State) => void): Stop;
  on(event: "auth", listener: (reason: string) => void): Stop;
  on(event: string, listener: (detail: any) => void): Stop {
    const all = this.listeners.get(event) ?? new Set();
    this.listeners.set(event, all.add(listener));
    return () => all.delete(listener);
  }

  /** collection is a collection by its name or id. */
  collection<T = RecordData>(name: string): Collection<T> {
    return new Collection<T>(this.connection, name);
  }

  /** channel joins a channel, with what others see of this connection. */
  channel(name: string, presence?: Record<string, any>): Channel {
    return new Channel(this.connection, name, presence);
  }

  /** close ends everything, for good. */
  close(): void {
    this.connection.close();
  }

  private tell(event: string, detail: unknown): void {
    for (const listener of this.listeners.get(event) ?? []) listener(detail);
  }
}

/** Collection is the records of a collection, as they change. */
export class Collection<T> {
  constructor(
    private readonly connection: Connection,
    private readonly name: string,
  ) {}

  /**
   * live calls shown with the records that match, at once and whenever the list becomes another one:
   * a record changes, one that it refers to, the account, or the time if the filter reads it. Each list
   * is a new one.
   */
  live(options: LiveOptions, shown: (rows: T[]) => void, failed: Failed = complain): Stop {
    return new Live(this.connection, this.name + "/*", options, shown as (rows: RecordData[]) => void, failed).start();
  }

  /**
   * subscribe calls told with each change of the records, or of one of them ("*" or its id). After
   * a lost connection it goes on where it was, or says `reset`.
   */
  subscribe(record: string, told: (change: Change<T>) => void, options: Options = {}, failed: Failed = complain): Stop {
    return new Changes(this.connection, `${this.name}/${record}`, options, told as (change: Change) => void, failed).start();
  }
}
