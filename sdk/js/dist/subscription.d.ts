import { type Connection, type Message, type Tenant } from "./connection.js";
/** A record as the REST API gives it. */
export type RecordData = {
    id: string;
    collectionId: string;
    collectionName: string;
    [field: string]: any;
};
/**
 * A change that a subscription may see. `enter` and `leave` say that a record starts or stops
 * matching the filter or the rule; `leave` has its id and collection alone. `reset` says that changes
 * may have been missed: whoever shows records reads them anew.
 */
export type Change<T = RecordData> = {
    action: "create" | "update" | "delete" | "enter";
    record: T;
} | {
    action: "leave";
    record: Pick<RecordData, "id" | "collectionId" | "collectionName">;
} | {
    action: "reset";
};
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
/** Stops what was started. More calls do nothing. */
export type Stop = () => void;
/** Subscription is one topic with its options. */
declare abstract class Subscription implements Tenant {
    protected readonly connection: Connection;
    private readonly topic;
    private readonly failed;
    private id;
    private round;
    private stopped;
    constructor(connection: Connection, topic: string, failed: (error: Error) => void);
    start(): Stop;
    /** what says how it subscribes. */
    protected abstract what(): object;
    /** apply takes a message of the subscription. */
    protected abstract apply(m: Message): void;
    /** begun is called with the token from which the subscription is live. */
    protected begun(_token: string): void;
    opened(): void;
    received(m: Message): boolean;
    /** again asks for the whole anew. */
    protected again(): void;
    readonly stop: Stop;
    private drop;
}
/** Changes tells of each change, in the order of the commits. */
export declare class Changes extends Subscription {
    private readonly options;
    private readonly told;
    private token;
    constructor(connection: Connection, topic: string, options: Options, told: (change: Change) => void, failed: (error: Error) => void);
    protected what(): object;
    protected begun(token: string): void;
    protected apply(m: Message): void;
}
/** Live keeps a list as a query would return it. */
export declare class Live extends Subscription {
    private readonly options;
    private readonly shown;
    private rows;
    private next;
    private due;
    constructor(connection: Connection, collection: string, options: LiveOptions, shown: (rows: RecordData[]) => void, failed: (error: Error) => void);
    protected what(): object;
    protected apply(m: Message): void;
    /** change moves one record of the window. */
    private change;
    /** show tells of the rows once for all messages that came together. */
    private show;
}
export {};
