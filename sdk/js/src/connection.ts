// One socket to the server that comes back: it authenticates, answers requests, notices its
// own death, and tries again for as long as somebody needs it.

/** What the connection is doing. */
export type State = "connecting" | "open" | "resuming" | "closed";

/** Where the token of the signed-in account is kept; the `authStore` of a `pocketbase` client is one. */
export interface AuthStore {
  readonly token: string;
  onChange(callback: () => void): unknown;
}

/** A refusal by the server, with the status, code and field errors that its REST API gives. */
export class LoamError extends Error {
  override name = "LoamError";
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly data: Record<string, unknown> = {},
  ) {
    super(message);
  }
}

/** A message from or to the server. */
export type Message = { type: string; [key: string]: any };

/** What lives on a connection: it says what to send when a socket is there. */
export interface Tenant {
  /** opened is called whenever a socket is ready; what it sends goes out in order. */
  opened(): void;
  /** received is called with each message of the server; it returns true for its own. */
  received(m: Message): boolean;
}

const second = 1000;
const silence = 15 * second; // after which the socket is asked whether it lives
const patience = 5 * second; // for an answer to that
const impatience = 2 * second; // the same, when the page or the network wakes up
const longestPause = 30 * second;
const linger = 5 * second; // how long a socket that nobody needs stays open

interface Waiting {
  done(data: any): void;
  failed(error: Error): void;
}

export class Connection {
  state: State = "closed";
  peer = ""; // the public id of the socket
  onState: (state: State) => void = () => {};
  onAuth: (reason: string) => void = () => {};

  private socket: WebSocket | undefined;
  private greeted = false; // the server has said hello
  private everOpen = false;
  private readonly tenants = new Set<Tenant>();
  private readonly waiting = new Map<string, Waiting>();
  private lastId = 0;
  private failures = 0;
  private heard = 0; // when the last message came
  private timer: ReturnType<typeof setTimeout> | undefined; // the next attempt, or the end of the linger
  private watch: ReturnType<typeof setInterval> | undefined;
  private deadline: ReturnType<typeof setTimeout> | undefined; // for the server to say something
  private due = Infinity; // when that is
  private shut = false;

  constructor(
    private readonly url: string,
    private readonly auth: AuthStore | undefined,
    private readonly Socket: typeof WebSocket,
  ) {
    auth?.onChange(() => this.authenticate(true));
    if (typeof window !== "undefined") {
      window.addEventListener("online", this.wake);
      window.addEventListener("pageshow", this.wake);
      document.addEventListener("visibilitychange", this.wake);
    }
  }

  /** add keeps the connection up for a tenant until it is removed. */
  add(t: Tenant): void {
    if (this.shut) throw new Error("the client is closed");
    this.tenants.add(t);
    if (this.greeted) t.opened();
    else if (!this.socket) this.connect();
  }

  remove(t: Tenant): void {
    if (!this.tenants.delete(t) || this.tenants.size > 0) return;
    if (!this.greeted) return this.end();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.tenants.size === 0 && this.end(), linger);
  }

  /** send sends a message if a socket is ready, and reports whether it did. */
  send(m: Message): boolean {
    if (!this.greeted || this.socket?.readyState !== 1) return false;
    this.socket.send(JSON.stringify(m));
    return true;
  }

  /**
   * request sends a message and calls done with the data of its answer, or failed. It takes no
   * promise: what follows an answer may arrive before a promise is settled.
   */
  request(m: Message, done: (data: any) => void, failed: (error: Error) => void): void {
    const id = String(++this.lastId);
    this.waiting.set(id, { done, failed });
    if (this.send({ ...m, id })) return;
    this.waiting.delete(id);
    failed(lost());
  }

  /** close ends the connection for good. */
  close(): void {
    this.shut = true;
    this.tenants.clear();
    if (typeof window !== "undefined") {
      window.removeEventListener("online", this.wake);
      window.removeEventListener("pageshow", this.wake);
      document.removeEventListener("visibilitychange", this.wake);
    }
    this.end();
  }

  private enter(state: State): void {
    if (this.state === state) return;
    this.state = state;
    this.onState(state);
  }

  private connect(): void {
    clearTimeout(this.timer);
    this.enter(this.everOpen ? "resuming" : "connecting");
    let socket: WebSocket;
    try {
      socket = new this.Socket(this.url, "loam.v1");
    } catch {
      return this.again();
    }
    this.socket = socket;
    this.heard = Date.now();
    this.watch = setInterval(() => Date.now() - this.heard >= silence && this.check(patience), silence / 3);
    // A socket that never opens is as dead as one that never answers.
    this.expect(2 * patience);
    // A socket that was dropped may still say something: it is not listened to any more.
    const mine = (fn: (e: any) => void) => (e: any) => this.socket === socket && fn(e);
    socket.onmessage = mine((e) => this.hear(e.data));
    socket.onclose = mine((e) => this.drop(e.code));
    socket.onerror = mine(() => {}); // a close follows
  }

  private hear(text: unknown): void {
    this.heard = Date.now();
    this.relax();
    let m: Message;
    try {
      m = JSON.parse(String(text));
    } catch {
      return; // whatever it is, it is not of this protocol
    }
    if (m.type === "hello") {
      this.peer = m["peer"];
      this.greeted = this.everOpen = true;
      this.failures = 0;
      this.authenticate(false);
      for (const t of [...this.tenants]) t.opened();
      this.enter("open");
      return;
    }
    if (m.type === "ok" || (m.type === "error" && !m["sub"])) return this.answer(m);
    if (m.type === "auth") return this.onAuth(m["reason"]);
    for (const t of this.tenants) if (t.received(m)) return;
  }

  private answer(m: Message): void {
    const w = this.waiting.get(m["id"]);
    if (!w) return;
    this.waiting.delete(m["id"]);
    if (m.type === "ok") w.done(m["data"] ?? {});
    else w.failed(new LoamError(m["status"], m["code"], m["message"], m["data"]));
  }

  /** authenticate tells the server who is signed in now, before anything else is sent. */
  private authenticate(changed: boolean): void {
    const token = this.auth?.token || null;
    if (token === null && !changed) return; // a new socket is a guest
    // A token that the server refuses leaves a guest, as it does everywhere else.
    this.request({ type: "auth", token }, () => {}, (e) => e instanceof LoamError && this.onAuth(e.code));
  }

  /** check asks the server for a sign of life; one that was asked for earlier may be due sooner. */
  private check(within: number): void {
    if (this.due <= Date.now() + within || !this.send({ type: "ping" })) return;
    this.expect(within);
  }

  /** expect gives the socket up unless the server says something in time. */
  private expect(within: number): void {
    clearTimeout(this.deadline);
    this.due = Date.now() + within;
    this.deadline = setTimeout(() => this.drop(), within);
  }

  private relax(): void {
    clearTimeout(this.deadline);
    this.due = Infinity;
  }

  private readonly wake = (): void => {
    if (typeof document !== "undefined" && document.visibilityState === "hidden") return;
    if (this.greeted) return this.check(impatience);
    if (this.tenants.size === 0) return;
    this.failures = 0;
    this.release();
    this.connect();
  };

  /** drop gives the socket up; while somebody needs one it is tried again. */
  private drop(code?: number): void {
    this.release();
    if (code === 4429) this.failures = Math.max(this.failures, 5); // it asked to be left alone
    if (this.shut || this.tenants.size === 0) return this.end();
    this.again();
  }

  private again(): void {
    this.enter(this.everOpen ? "resuming" : "connecting");
    const most = Math.min(longestPause, 500 * 2 ** this.failures++);
    this.timer = setTimeout(() => this.connect(), Math.random() * most);
  }

  private end(): void {
    this.release();
    this.everOpen = false;
    this.enter("closed");
  }

  /** release forgets the socket, which may be too dead to close. */
  private release(): void {
    clearTimeout(this.timer);
    this.relax();
    clearInterval(this.watch);
    const socket = this.socket;
    this.socket = undefined;
    this.greeted = false;
    const waiting = [...this.waiting.values()];
    this.waiting.clear();
    for (const w of waiting) w.failed(lost());
    try {
      socket?.close();
    } catch {
      // it was not open yet
    }
  }
}

/** lost is why a request has no answer. */
function lost(): Error {
  return new Error("the connection is away");
}
