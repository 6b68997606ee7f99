import { Channel } from "./channel.js";
import { type AuthStore, Connection, type State } from "./connection.js";
import { type LiveOptions } from "./live.js";
import { type Change, type Options, type RecordData, type Stop } from "./subscription.js";
export { type AuthStore, LoamError, type State } from "./connection.js";
export type { Channel, From, SendOptions, User } from "./channel.js";
export type { LiveOptions } from "./live.js";
export type { Change, Options, RecordData, Stop } from "./subscription.js";
/** What a client is made with. */
export interface Config {
    authStore?: AuthStore;
    WebSocket?: unknown;
}
/** Told of an error that ends a subscription: no such collection, a filter that is not valid. */
type Failed = (error: Error) => void;
/** Loam is a client of one server. Its socket is open while there is something to hear. */
export declare class Loam {
    private readonly connection;
    private readonly listeners;
    /** url is where the server is, as in `https://example.com`. */
    constructor(url: string, config?: Config);
    /** state is what the connection is doing. */
    get state(): State;
    /** peer is the public id of this connection, as others see it in channels. */
    get peer(): string;
    /**
     * on listens to `state`, or to `auth`: the server has made this client a guest, because its
     * token was `expired`, `revoked`, or its account `deleted`.
     */
    on(event: "state", listener: (state: State) => void): Stop;
    on(event: "auth", listener: (reason: string) => void): Stop;
    /** collection is a collection by its name or id. */
    collection<T = RecordData>(name: string): Collection<T>;
    /** channel joins a channel, with what others see of this connection. */
    channel(name: string, presence?: Record<string, any>): Channel;
    /** close ends everything, for good. */
    close(): void;
    private tell;
}
/** Collection is the records of a collection, as they change. */
export declare class Collection<T> {
    private readonly connection;
    private readonly name;
    constructor(connection: Connection, name: string);
    /**
     * live calls shown with the records that match, at once and whenever the list becomes another one:
     * a record changes, one that it refers to, the account, or the time if the filter reads it. Each list
     * is a new one.
     */
    live(options: LiveOptions, shown: (rows: T[]) => void, failed?: Failed): Stop;
    /**
     * subscribe calls told with each change of the records, or of one of them ("*" or its id). After
     * a lost connection it goes on where it was, or says `reset`.
     */
    subscribe(record: string, told: (change: Change<T>) => void, options?: Options, failed?: Failed): Stop;
}
