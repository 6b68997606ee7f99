import type { Connection, Message } from "./connection.js";
import { type Options, type RecordData, Subscription } from "./subscription.js";
/** A live list: its order, and how many records it shows at most (100 unless it is set, up to 500). */
export interface LiveOptions extends Options {
    sort?: string;
    limit?: number;
}
export declare class Live extends Subscription {
    private readonly options;
    private readonly shown;
    private rows;
    constructor(connection: Connection, topic: string, options: LiveOptions, shown: (rows: RecordData[]) => void, failed: (error: Error) => void);
    protected wanted(): object;
    protected take(m: Message): void;
    private apply;
}
