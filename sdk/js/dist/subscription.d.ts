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
/** Stops what was started. More calls do nothing. */
export type Stop = () => void;
/** Subscription is what the server was asked to tell about, on each socket anew. */
export declare abstract class Subscription implements Tenant {
    private readonly connection;
    private readonly topic;
    private readonly failed;
    private id;
    private round;
    private stopped;
    constructor(connection: Connection, topic: string, failed: (error: Error) => void);
    /** wanted is what the server is asked for, beside the topic. */
    protected abstract wanted(): object;
    /** take is called with each message for this subscription. */
    protected abstract take(m: Message): void;
    /** taken is called when the server has answered, with the token of that moment. */
    protected taken(_token: string): void;
    start(): Stop;
    opened(): void;
    received(m: Message): boolean;
    readonly stop: Stop;
    private fail;
    private drop;
}
/** Changes tells of each change of a topic, in the order of the commits. */
export declare class Changes extends Subscription {
    private readonly options;
    private readonly told;
    private token;
    constructor(connection: Connection, topic: string, options: Options, told: (change: Change) => void, failed: (error: Error) => void);
    protected wanted(): object;
    protected taken(token: string): void;
    protected take(m: Message): void;
}
