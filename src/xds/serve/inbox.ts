import type { Readable } from "node:stream";
import type { TurnQueue } from "../turn-queue.ts";
import type { Work } from "../work-round.ts";
import type { MessageReader } from "./grpc-frames.ts";

/** What comes in. None of them throws, but `broken` is called when what came cannot be read. */
export interface InboxHandlers {
  readonly message: (bytes: Uint8Array) => void;
  readonly broken: (error: unknown) => void;
  /** Nothing more comes; called after the last message was handled. */
  readonly ended: () => void;
}

/**
 * The messages of one stream, which are handled one in a turn and in their order. Hundreds of proxies acknowledge at once, and what they say is
 * read in one turn of the event loop: handled there and then, it would hold the loop for a tenth of a second.
 *
 * While messages wait, nothing more is read, so that a stream keeps no more than its window (RFC 9113 §5.2) and one message.
 */
export class Inbox implements Work {
  readonly #source: Readable;
  readonly #reader: MessageReader;
  readonly #handlers: InboxHandlers;
  readonly #turns: TurnQueue;
  #messages: Buffer[] = [];
  #isEnded = false;
  #isClosed = false;

  /** Starts to read. */
  constructor(source: Readable, reader: MessageReader, handlers: InboxHandlers, turns: TurnQueue) {
    this.#source = source;
    this.#reader = reader;
    this.#handlers = handlers;
    this.#turns = turns;
    source.on("readable", this.#wake);
    source.once("end", this.#end);
  }

  /** Handles no message any more; what comes can be thrown away by whoever owns the source. */
  close(): void {
    this.#isClosed = true;
    this.#messages = [];
    this.#source.off("readable", this.#wake);
    this.#source.off("end", this.#end);
    this.#turns.remove(this);
  }

  /** Handles the next message; false when none is there. */
  next(): boolean {
    if (this.#isClosed) return false;
    if (this.#messages.length === 0) this.#read();
    const message = this.#messages.shift();
    if (message !== undefined) this.#handlers.message(message);
    else if (this.#isEnded) this.#finish();
    return message !== undefined;
  }

  #read(): void {
    const chunk = this.#source.read() as Buffer | null;
    if (chunk === null) return;
    try {
      this.#messages = this.#reader.read(chunk);
    } catch (error) {
      this.#handlers.broken(error);
    }
  }

  #finish(): void {
    this.close();
    this.#handlers.ended();
  }

  readonly #wake = (): void => this.#turns.add(this);

  readonly #end = (): void => {
    this.#isEnded = true;
    this.#wake();
  };
}
