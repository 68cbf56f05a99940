import type { Socket } from "node:net";
import type { XdsLimits } from "../limits.ts";

type AdmissionLimits = Pick<
  XdsLimits,
  "handshake" | "heardPerTurn" | "admittedAtOnce" | "admittedPerTurn" | "admission" | "admissionTurns"
>;

/** What admission is given. */
export interface AdmissionParts {
  readonly limits: AdmissionLimits;
  /** Begins the TLS handshake with a connection whose first bytes are there. */
  readonly begin: (socket: Socket) => void;
  /** A connection was cut, or left, before its handshake began. */
  readonly gone: (error: Error) => void;
}

/**
 * Lets new connections in at the pace at which they can be served: each costs two milliseconds until it has its content, and when
 * hundreds come at once the process would do nothing else for a second. So a few are served at a time, and a few begin in each turn of
 * the event loop; the others wait, taking turns by their addresses, and cost nothing but their sockets.
 *
 * None begins before its first bytes are there. That keeps those who say nothing out of the queue, and TLS from holding the
 * 64 KB that Node.js sets aside for a first read of which it cannot know how much comes (docs/decisions/0023-many-proxies.md).
 */
export class Admission {
  readonly #parts: AdmissionParts;
  /** Those that nobody has listened to yet. */
  readonly #unheard = new Map<Socket, () => void>();
  #heardInTurn = 0;
  /** By address, those that asked first at the front. */
  readonly #waiting = new Map<string, Socket[]>();
  /** Those being served for the first time, with the end of their time. */
  readonly #admitted = new Map<Socket, NodeJS.Timeout>();
  #begunInTurn = 0;

  constructor(parts: AdmissionParts) {
    this.#parts = parts;
  }

  /** Takes a connection that was just accepted and is not read yet (`pauseOnConnect`): what hundreds say at once would be read in one turn. */
  add(socket: Socket): void {
    const { gone, limits } = this.#parts;
    const cut = (code: string, message: string): void => {
      socket.destroy();
      gone(Object.assign(new Error(message), { code }));
    };
    const silent = (): void => cut("SILENT", `nothing came within ${limits.handshake} ms`);
    socket.setTimeout(limits.handshake, silent);
    const failed = (error: NodeJS.ErrnoException): void => cut(error.code ?? "", error.message);
    socket.once("error", failed);
    const said = (): void => {
      socket.off("error", failed);
      socket.off("timeout", silent);
      socket.setTimeout(0);
      if (socket.destroyed) return;
      if (socket.readableLength === 0) cut("LEFT", "the client left without a word");
      else this.#enqueue(socket);
    };
    this.#unheard.set(socket, () => void socket.once("readable", said));
    this.#hear();
  }

  /** Begins to read so many of those that came. */
  #hear(): void {
    for (const [socket, listen] of this.#unheard) {
      if (this.#heardInTurn >= this.#parts.limits.heardPerTurn) return;
      this.#unheard.delete(socket);
      if (socket.destroyed) continue;
      if (this.#heardInTurn === 0) setImmediate(() => this.#hearNext());
      this.#heardInTurn += 1;
      listen();
    }
  }

  #hearNext(): void {
    this.#heardInTurn = 0;
    this.#hear();
  }

  /** The connection has what it came for, or was refused: the next one may come. */
  served(socket: Socket): void {
    clearTimeout(this.#admitted.get(socket));
    if (this.#admitted.delete(socket)) this.#next();
  }

  #enqueue(socket: Socket): void {
    const address = socket.remoteAddress ?? "";
    const ofAddress = this.#waiting.get(address);
    if (ofAddress === undefined) this.#waiting.set(address, [socket]);
    else ofAddress.push(socket);
    // one that breaks while it waits is passed over when its turn comes
    socket.on("error", ignore);
    this.#next();
  }

  #next(): void {
    const { admittedAtOnce, admittedPerTurn } = this.#parts.limits;
    while (this.#admitted.size < admittedAtOnce && this.#begunInTurn < admittedPerTurn) {
      const socket = this.#take();
      if (socket === undefined) return;
      if (!socket.destroyed) this.#begin(socket);
    }
  }

  #begin(socket: Socket): void {
    const { begin, limits } = this.#parts;
    if (this.#begunInTurn === 0) setImmediate(() => this.#nextTurn());
    this.#begunInTurn += 1;
    const served = (): void => this.served(socket);
    this.#admitted.set(socket, this.#timer(socket, limits.admissionTurns));
    socket.once("close", served);
    socket.off("error", ignore);
    begin(socket);
  }

  /**
   * Later counts one that dawdles as served. One step after the other, each in a turn of the event loop: turns come late while the process has too
   * much to do or too little CPU time, and then it is this process that dawdles. To let the next ones in would make its turns longer still.
   */
  #timer(socket: Socket, turns: number): NodeJS.Timeout {
    const { admission, admissionTurns } = this.#parts.limits;
    const over = (): void => {
      if (turns <= 1) this.served(socket);
      else this.#admitted.set(socket, this.#timer(socket, turns - 1));
    };
    return setTimeout(over, admission / admissionTurns);
  }

  #nextTurn(): void {
    this.#begunInTurn = 0;
    this.#next();
  }

  /** The next one, of the address that was served longest ago. */
  #take(): Socket | undefined {
    for (const [address, sockets] of this.#waiting) {
      const socket = sockets.shift();
      this.#waiting.delete(address);
      if (sockets.length > 0) this.#waiting.set(address, sockets);
      if (socket !== undefined) return socket;
    }
    return undefined;
  }
}

function ignore(): void {}
