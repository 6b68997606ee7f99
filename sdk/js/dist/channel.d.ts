import { type Connection, type Message, type Tenant } from "./connection.js";
/** Who sent a message: a connection, and the account ("users/ID") that it is signed in as. */
export interface From {
    peer: string;
    auth: string | null;
}
/** A user of a channel: one account with all its connections, or a guest with one. */
export interface User {
    auth: string | null;
    peers: string[];
    state: Record<string, any>;
}
/** What may be set when a message is sent. */
export interface SendOptions {
    ack?: boolean;
    self?: boolean;
}
type Listener = (payload: any, from: From) => void;
/** Channel is a room that is joined as long as the connection lives, and again after that. */
export declare class Channel implements Tenant {
    private readonly connection;
    readonly name: string;
    private state;
    private readonly listeners;
    private members;
    private count;
    private joined;
    constructor(connection: Connection, name: string, state: Record<string, any> | undefined);
    /**
     * on listens to an event: one that is sent, or `presence` (the users have changed), `left` (the
     * server has put this client out; the payload is the reason), `error` (it was not let in).
     */
    on(event: string, listener: Listener): this;
    off(event: string, listener: Listener): this;
    /**
     * send sends a message to all others. It is dropped when the connection is away; with `ack` the
     * promise tells: it rejects then, and when the server refuses.
     */
    send(event: string, payload?: unknown, options?: SendOptions): Promise<void>;
    /** presence replaces what others see of this connection. */
    presence(state: Record<string, any>): this;
    /** users are those who have joined now; connections of one account are one user. */
    users(): User[];
    /** size is how many connections have joined, also where they are too many for a list. */
    get size(): number;
    readonly leave: () => void;
    opened(): void;
    received(m: Message): boolean;
    private tell;
}
export {};
