import { type Connection, LoamError, type Message, type Tenant } from "./connection.js";
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
export declare const busyPause = 3000;
/** Stops what was started. More calls do nothing. */
export type Stop = () => void;
/** Changes tells of each change of a topic, in the order of the commits. */
export declare class Changes implements Tenant {
    private readonly connection;
    private readonly topic;
    private readonly options;
    private readonly told;
    private readonly failed;
    private readonly begun;
    private id;
    private round;
    private stopped;
    private token;
    constructor(connection: Connection, topic: string, options: Options, told: (change: Change) => void, failed: (error: Error) => void, begun?: () => void);
    start(): Stop;
    opened(): void;
    received(m: Message): boolean;
    readonly stop: Stop;
    private drop;
}
/** isBusy reports whether the same may succeed later. */
export declare function isBusy(error: LoamError): boolean;
