
/** The name of a collection. */
export type __CollectionName__ = keyof __Collections__;

/** A value of JSON. */
export type __Json__ = string | number | boolean | null | __Json__[] | { [key: string]: __Json__ };

/** P if it is a path of relations that begins at the collection N, else never. */
type __ExpandPath__<N extends __CollectionName__, P extends string> = P extends `${infer First}.${infer Rest}`
  ? First extends keyof __Collections__[N]['relations']
    ? __Collections__[N]['relations'][First] extends infer To extends __CollectionName__
      ? [__ExpandPath__<To, Rest>] extends [never] ? never : P
      : never
    : never
  : P extends keyof __Collections__[N]['relations'] ? P : never;

/** E if it is a list of such paths between commas, else never. */
export type __Expand__<N extends __CollectionName__, E extends string> = string extends E ? never
  : E extends `${infer First},${infer Rest}`
    ? [__ExpandPath__<N, First>] extends [never] ? never : [__Expand__<N, Rest>] extends [never] ? never : E
    : __ExpandPath__<N, E>;

type __Sort__<N extends __CollectionName__, S extends string> = S extends `${infer First},${infer Rest}`
  ? [__Sort__<N, First>] extends [never] ? never : [__Sort__<N, Rest>] extends [never] ? never : S
  : S extends __FieldName__<N> | `-${__FieldName__<N>}` | `+${__FieldName__<N>}` | '@random' ? S : never;

/** A field of a collection. */
export type __FieldName__<N extends __CollectionName__> = Exclude<keyof __Collections__[N]['record'] & string, 'expand' | 'collectionId' | 'collectionName'>;

type __One__<N extends __CollectionName__, E extends string> = Omit<RecordOptions, 'expand'> & { expand?: E & __Expand__<N, E> };
type __Many__<N extends __CollectionName__, E extends string, S extends string> =
  Omit<RecordListOptions, 'expand' | 'sort' | 'filter'> & { expand?: E & __Expand__<N, E>; sort?: S & __Sort__<N, S>; filter?: __Condition__<N> };

type __Body__<T> = T | globalThis.FormData;

/** The methods of the SDK for one collection, with the types of its records. */
export interface __Service__<N extends __CollectionName__> {
  getOne<E extends string = never>(id: string, options?: __One__<N, E>): globalThis.Promise<__Collections__[N]['record']>;
  getList<E extends string = never, S extends string = never>(page?: number, perPage?: number, options?: __Many__<N, E, S>): globalThis.Promise<{
    page: number; perPage: number; totalItems: number; totalPages: number; items: __Collections__[N]['record'][];
  }>;
  getFullList<E extends string = never, S extends string = never>(options?: __Many__<N, E, S> & { batch?: number }): globalThis.Promise<__Collections__[N]['record'][]>;
  getFirstListItem<E extends string = never>(filter: __Condition__<N>, options?: __One__<N, E>): globalThis.Promise<__Collections__[N]['record']>;
  create<E extends string = never>(body: [__Collections__[N]['create']] extends [never] ? never : __Body__<__Collections__[N]['create']>, options?: __One__<N, E>): globalThis.Promise<__Collections__[N]['record']>;
  update<E extends string = never>(id: string, body: [__Collections__[N]['update']] extends [never] ? never : __Body__<__Collections__[N]['update']>, options?: __One__<N, E>): globalThis.Promise<__Collections__[N]['record']>;
  delete(id: string, options?: SendOptions): globalThis.Promise<boolean>;
  subscribe<E extends string = never>(topic: string, callback: (change: RecordSubscription<__Collections__[N]['record'] & { [key: string]: any }>) => void, options?: __One__<N, E>): globalThis.Promise<UnsubscribeFunc>;
  unsubscribe(topic?: string): globalThis.Promise<void>;
}

/** What the SDK can do beside, for accounts. */
export type __Accounts__<N extends __CollectionName__> = __Collections__[N]['auth'] extends true
  ? Omit<RecordService<__Collections__[N]['record'] & { [key: string]: any }>, keyof __Service__<N>>
  : {};

/** The client of the SDK, with the collections of this server: new PocketBase(url) as TypedPocketBase. */
export type __TypedPocketBase__ = Omit<PocketBase, 'collection'> & {
  collection<N extends __CollectionName__>(name: N): __Service__<N> & __Accounts__<N>;
};

/** A condition over records of the collection N, for the option "filter". Any other string is one too. */
export type __Condition__<N extends __CollectionName__> = string & { readonly __collection?: N };

type __Operator__ = '=' | '!=' | '>' | '>=' | '<' | '<=' | '~' | '!~' | '?=' | '?!=' | '?>' | '?>=' | '?<' | '?<=' | '?~' | '?!~';

/** What a field is compared with: of a list, one of its values. */
type __Operand__<T> = T extends readonly (infer Item)[] ? Item : T extends string ? T | (string extends T ? globalThis.Date : never) : T;

/** A condition: where('posts', 'title', '~', 'loam'). Values are quoted. */
export function where<N extends __CollectionName__, F extends __FieldName__<N>>(
  collection: N, field: F, operator: __Operator__, value: __Operand__<NonNullable<__Collections__[N]['record'][F & keyof __Collections__[N]['record']]>> | null,
): __Condition__<N> {
  return `${field} ${operator} ${quoted(value)}`;
}

/** All of the conditions. */
export function every<N extends __CollectionName__>(...conditions: __Condition__<N>[]): __Condition__<N> {
  return `(${conditions.join(' && ')})`;
}

/** One of the conditions at least. */
export function some<N extends __CollectionName__>(...conditions: __Condition__<N>[]): __Condition__<N> {
  return `(${conditions.join(' || ')})`;
}

function quoted(value: unknown): string {
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return `${value}`;
  const text = value instanceof globalThis.Date ? value.toISOString().replace('T', ' ') : typeof value === 'string' ? value : JSON.stringify(value);
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
