// Channels: messages to all who have joined, and who that is.

import { type Connection, LoamError, type Message, type Tenant } from "./connection.js";

/** Who sent a message: a connection, and the account ("users/ID") that it is signed in as. */
export interface From {
  peer: string;
  auth: string | null;
}

/** A user of a channel: one account with all its connections, or a guest with one. */
export interface User {
  auth: string | null;
  peers: string[];
  state: Record<string, any>; // of the connection that joined last
}

/** What may be set when a message is sent. */
export interface SendOptions {
  ack?: boolean; // resolve when the server has accepted it
  self?: boolean; // receive it too
}

type Member = { auth: string | null; state: Record<string, any> };
type Listener = (payload: any, from: From) => void;

/** Channel is a room that is joined as long as the connection lives, and again after that. */
export class Channel implements Tenant {
  private readonly listeners = new Map<string, Set<Listener>>();
  private members: Record<string, Member> = {};
  private count: number | undefined; // of a channel that is too large for a list
  private joined = false;

  constructor(
    private readonly connection: Connection,
    readonly name: string,
    private state: Record<string, any> | undefined,
  ) {
    connection.add(this);
  }

  /**
   * on listens to an event: one that is sent, or `presence` (the users have changed), `left` (the
   * server has put this client out; the payload is the reason), `error` (it was not let in).
   */
  on(event: string, listener: Listener): this {
    if (!this.listeners.has(event)) this.listeners.set(event, new Set());
    this.listeners.get(event)!.add(listener);
    return this;
  }

  off(event: string, listener: Listener): this {
    this.listeners.get(event)?.delete(listener);
    return this;
  }

  /**
   * send sends a message to all others. It is dropped when the connection is away; with `ack` the
   * promise tells: it rejects then, and when the server refuses.
   */
  async send(event: string, payload: unknown = {}, options: SendOptions = {}): Promise<void> {
    const m = { type: "broadcast", channel: this.name, event, payload, ...options };
    if (options.ack) await new Promise((done, failed) => this.connection.request(m, done, failed));
    else this.connection.send(m);
  }

  /** presence replaces what others see of this connection. */
  presence(state: Record<string, any>): this {
    this.state = state;
    if (this.joined) this.connection.send({ type: "presence", channel: this.name, state });
    return this;
  }

  /** users are those who have joined now; connections of one account are one user. */
  users(): User[] {
    const users = new Map<string, User>();
    for (const [peer, m] of Object.entries(this.members)) {
      const key = m.auth ?? "guest " + peer;
      const user = users.get(key);
      if (user) {
        user.peers.push(peer);
        user.state = m.state;
      } else users.set(key, { auth: m.auth, peers: [peer], state: m.state });
    }
    return [...users.values()];
  }

  /** size is how many connections have joined, also where they are too many for a list. */
  get size(): number {
    return this.count ?? Object.keys(this.members).length;
  }

  readonly leave = (): void => {
    if (this.joined) this.connection.send({ type: "leave", channel: this.name });
    this.joined = false;
    this.members = {};
    this.connection.remove(this);
  };

  opened(): void {
    this.joined = false;
    this.members = {};
    const presence = this.state === undefined ? {} : { presence: this.state };
    this.connection.request(
      { type: "join", channel: this.name, ...presence },
      () => (this.joined = true),
      (error) => {
        if (!(error instanceof LoamError)) return;
        this.connection.remove(this);
        this.tell("error", error, { peer: "", auth: null });
      },
    );
  }

  received(m: Message): boolean {
    if (m.type !== "channel" || m["channel"] !== this.name) return false;
    const nobody = { peer: "", auth: null };
    switch (m["event"]) {
      case "presence":
        this.members = m["state"] ?? {};
        this.count = m["count"];
        this.tell("presence", this.users(), nobody);
        break;
      case "presence_diff":
        for (const peer of Object.keys(m["leaves"] ?? {})) delete this.members[peer];
        Object.assign(this.members, m["joins"]);
        this.count = m["count"];
        this.tell("presence", this.users(), nobody);
        break;
      case "left":
        this.joined = false;
        this.members = {};
        this.connection.remove(this);
        this.tell("left", m["reason"], nobody);
        break;
      default:
        this.tell(m["event"], m["payload"], m["from"]);
    }
    return true;
  }

  private tell(event: string, payload: unknown, from: From): void {
    for (const listener of [...(this.listeners.get(event) ?? [])]) listener(payload, from);
  }
}
