/** What the connection is doing. */
export type State = "connecting" | "open" | "resuming" | "closed";
/** Where the token of the signed-in account is kept; the `authStore` of a `pocketbase` client is one. */
export interface AuthStore {
    readonly token: string;
    onChange(callback: () => void): unknown;
}
/** A refusal by the server, with the status, code and field errors that its REST API gives. */
export declare class LoamError extends Error {
    readonly status: number;
    readonly code: string;
    readonly data: Record<string, unknown>;
    name: string;
    constructor(status: number, code: string, message: string, data?: Record<string, unknown>);
}
/** A message from or to the server. */
export type Message = {
    type: string;
    [key: string]: any;
};
/** What lives on a connection: it says what to send when a socket is there. */
export interface Tenant {
    /** opened is called whenever a socket is ready; what it sends goes out in order. */
    opened(): void;
    /** received is called with each message of the server; it returns true for its own. */
    received(m: Message): boolean;
}
export declare class Connection {
    private readonly url;
    private readonly auth;
    private readonly Socket;
    state: State;
    peer: string;
    onState: (state: State) => void;
    onAuth: (reason: string) => void;
    private socket;
    private greeted;
    private everOpen;
    private readonly tenants;
    private readonly waiting;
    private lastId;
    private failures;
    private heard;
    private timer;
    private watch;
    private deadline;
    private due;
    private shut;
    constructor(url: string, auth: AuthStore | undefined, Socket: typeof WebSocket);
    /** add keeps the connection up for a tenant until it is removed. */
    add(t: Tenant): void;
    remove(t: Tenant): void;
    /** send sends a message if a socket is ready, and reports whether it did. */
    send(m: Message): boolean;
    /**
     * request sends a message and calls done with the data of its answer, or failed. It takes no
     * promise: what follows an answer may arrive before a promise is settled.
     */
    request(m: Message, done: (data: any) => void, failed: (error: Error) => void): void;
    /** close ends the connection for good. */
    close(): void;
    private enter;
    private connect;
    private hear;
    private answer;
    /** authenticate tells the server who is signed in now, before anything else is sent. */
    private authenticate;
    /** check asks the server for a sign of life; one that was asked for earlier may be due sooner. */
    private check;
    /** expect gives the socket up unless the server says something in time. */
    private expect;
    private relax;
    private readonly wake;
    /** drop gives the socket up; while somebody needs one it is tried again. */
    private drop;
    private again;
    private end;
    /** release forgets the socket, which may be too dead to close. */
    private release;
}
