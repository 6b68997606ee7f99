import { type AuthStore, type Connection } from "./connection.js";
import { type Options, type RecordData, type Stop } from "./subscription.js";
/** A live list: its order, and how many records it shows at most (100 unless it is set, up to 1,000). */
export interface LiveOptions extends Options {
    sort?: string;
    limit?: number;
}
export declare class Live {
    private readonly auth;
    private readonly options;
    private readonly shown;
    private readonly failed;
    private readonly changes;
    private readonly url;
    private stopped;
    private reading;
    private due;
    private timer;
    constructor(connection: Connection, base: string, auth: AuthStore | undefined, collection: string, options: LiveOptions, shown: (rows: RecordData[]) => void, failed: (error: Error) => void);
    start(): Stop;
    private readonly stop;
    private fail;
    /** read reads the list, once for all changes that come meanwhile. */
    private read;
    private after;
    private once;
    private fetch;
}
