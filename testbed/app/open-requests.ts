import type { Socket } from "node:net";

/**
 * Connections of HTTP/1.1 and how many requests are under way on each, so that a graceful stop can close a connection at
 * the moment when nobody is waiting on it: Node.js closes idle ones only for servers that listen by themselves.
 */
export class OpenRequests {
  readonly #underWay = new Map<Socket, number>();
  #closing = false;

  opened(socket: Socket): void {
    this.#underWay.set(socket, 0);
    socket.once("close", () => this.#underWay.delete(socket));
  }

  began(socket: Socket): void {
    this.#change(socket, +1);
  }

  ended(socket: Socket): void {
    this.#change(socket, -1);
    this.#endIfIdle(socket);
  }

  /** From now on a connection ends as soon as nothing is under way on it. */
  close(): void {
    this.#closing = true;
    for (const socket of this.#underWay.keys()) this.#endIfIdle(socket);
  }

  #change(socket: Socket, by: number): void {
    const count = this.#underWay.get(socket);
    if (count !== undefined) this.#underWay.set(socket, count + by);
  }

  #endIfIdle(socket: Socket): void {
    if (this.#closing && this.#underWay.get(socket) === 0) socket.end();
  }
}
