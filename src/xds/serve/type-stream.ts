import type { Look } from "./changes.ts";
import type { Replaced, RequestEffect } from "./client-resources.ts";
import type { Sent } from "./exchange.ts";
import type { OrderedType } from "./push-order.ts";
import type { TypeSnapshot } from "./snapshot.ts";

/** A response, when there is something to say. */
export interface Next {
  readonly message: readonly Uint8Array[] | undefined;
  readonly sent: Sent | undefined;
  /** When there may be more to say although nothing happens; undefined: everything is said. */
  readonly again: number | undefined;
  /** What counts as gone without a word, because the protocol has none for it. */
  readonly replaced?: readonly Replaced[];
}

/** One type of a stream, of either variant. */
export interface TypeStream<Request> extends OrderedType {
  /** How many names the client makes us remember: asked for, or said to be there, of which this content may know nothing. */
  names(content: TypeSnapshot | undefined): number;
  receive(request: Request, content: TypeSnapshot | undefined): RequestEffect;
  /** What to say now. The caller has made sure that a response may be sent. */
  next(content: TypeSnapshot, look: Look): Next;
}
