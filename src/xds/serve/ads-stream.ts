import type { XdsLimits } from "../limits.ts";
import { type ResourceType, TYPE_ORDER, type TypeUrl, typeName } from "../types.ts";
import { DeltaSubscription } from "./delta-subscription.ts";
import { RequestRate } from "./request-rate.ts";
import { type NodeClaim, readDeltaRequest, readSotwRequest } from "./requests.ts";
import type { Snapshot, TypeSnapshot } from "./snapshot.ts";
import { SotwSubscription } from "./sotw-subscription.ts";
import { StreamClosed } from "./stream-closed.ts";
import type { Receipt, SubscriptionState } from "./subscription.ts";

/** The two variants of ADS. */
export type Protocol = "delta" | "sotw";

/** What a stream needs of its surroundings. */
export interface StreamParts {
  readonly protocol: Protocol;
  readonly limits: XdsLimits;
  /** Milliseconds of a clock that does not go back. */
  readonly now: () => number;
  /** Asked once, with the first request; what it answers is the proxy's content. Throws {@link StreamClosed}. */
  readonly admit: (node: NodeClaim) => Snapshot;
  readonly send: (message: readonly Uint8Array[]) => void;
  /** Told of every request that is understood, for logs and metrics. */
  readonly received: (type: ResourceType, receipt: Receipt) => void;
}

/** One type of this stream; reads its requests itself, so that the two variants need no common form. */
interface Subscription {
  readonly state: SubscriptionState;
  /** How many names the client makes us remember: asked for, or said to be there, of which this content may know nothing. */
  names(content: TypeSnapshot | undefined): number;
  next(snapshot: TypeSnapshot, nonce: string): Uint8Array[] | undefined;
}

/** The state of one ADS stream, without its transport: requests go in, responses come out. */
export class AdsStream {
  readonly #parts: StreamParts;
  readonly #sotw = new Map<TypeUrl, SotwSubscription>();
  readonly #delta = new Map<TypeUrl, DeltaSubscription>();
  readonly #waitingSince = new Map<TypeUrl, number>();
  readonly #rate: RequestRate;
  readonly #begun: number;
  #snapshot: Snapshot | undefined;
  #nonce = 0;

  constructor(parts: StreamParts) {
    this.#parts = parts;
    this.#begun = parts.now();
    this.#rate = new RequestRate(parts.limits.requestBurst, parts.limits.requestsPerSecond, this.#begun);
  }

  /** Takes one message of the client. Throws {@link StreamClosed} when the stream has to end for it. */
  receive(bytes: Uint8Array): void {
    this.#chargeFor(bytes.length);
    if (this.#parts.protocol === "sotw") this.#receiveSotw(bytes);
    else this.#receiveDelta(bytes);
    this.#flush();
  }

  /** From now on this is the content; what was before stays where the client cannot be told of it, and the error is thrown. */
  update(snapshot: Snapshot): void {
    const before = this.#snapshot;
    if (before === undefined || before === snapshot) return;
    this.#snapshot = snapshot;
    try {
      this.#flush();
    } catch (error) {
      this.#snapshot = before;
      throw error;
    }
  }

  /** What is overdue: throws {@link StreamClosed} when the client keeps us waiting too long. */
  checkDeadlines(): void {
    const { limits, now } = this.#parts;
    const time = now();
    if (this.#snapshot === undefined && time - this.#begun > limits.firstRequest) {
      throw new StreamClosed("first-request-late", `no request came within ${limits.firstRequest} ms`);
    }
    for (const [type, since] of this.#waitingSince) {
      if (time - since > limits.acknowledgement) {
        const name = typeName(type) ?? type;
        const message = `the response of type ${name} was not acknowledged within ${limits.acknowledgement} ms`;
        throw new StreamClosed("not-acknowledged", message);
      }
    }
  }

  /** Where each type stands that was asked for. */
  states(): Readonly<Partial<Record<ResourceType, SubscriptionState>>> {
    const states: Partial<Record<ResourceType, SubscriptionState>> = {};
    for (const [type, { state }] of this.#subscriptions) {
      const name = typeName(type);
      if (name !== undefined) states[name] = state;
    }
    return states;
  }

  get #subscriptions(): ReadonlyMap<TypeUrl, Subscription> {
    return this.#parts.protocol === "sotw" ? this.#sotw : this.#delta;
  }

  #receiveSotw(bytes: Uint8Array): void {
    const { type, node, request } = readSotwRequest(bytes, this.#parts.limits, this.#isFirst ? "read" : "skip");
    const known = this.#admitted(type, node);
    const subscription = this.#sotw.get(known) ?? new SotwSubscription(known);
    this.#sotw.set(known, subscription);
    this.#count(known, subscription.receive(request));
  }

  #receiveDelta(bytes: Uint8Array): void {
    const { type, node, request } = readDeltaRequest(bytes, this.#parts.limits, this.#isFirst ? "read" : "skip");
    const known = this.#admitted(type, node);
    const subscription = this.#delta.get(known) ?? new DeltaSubscription(known);
    this.#delta.set(known, subscription);
    this.#count(known, subscription.receive(request));
  }

  /** The type, when it is one of ours; with the first request the proxy gets its content. */
  #admitted(type: string, node: NodeClaim | undefined): TypeUrl {
    if (typeName(type) === undefined) {
      const found = JSON.stringify(type.slice(0, this.#parts.limits.nameLength));
      throw new StreamClosed(
        "unknown-type",
        `a request is for the type ${found}: expected one of ${TYPE_ORDER.join(", ")}`,
      );
    }
    this.#snapshot ??= this.#parts.admit(node ?? { id: "", metadata: {} });
    return type as TypeUrl;
  }

  get #isFirst(): boolean {
    return this.#snapshot === undefined;
  }

  /** Before it is looked at. The first request is free: it is bounded by itself, and so is how often a pod may begin. */
  #chargeFor(length: number): void {
    const { limits, now } = this.#parts;
    const count = this.#isFirst ? 0 : Math.floor(length / limits.bytesPerRequest);
    if (!this.#rate.take(now(), count)) throw this.#babbling();
  }

  #babbling(): StreamClosed {
    const { requestBurst, requestsPerSecond, bytesPerRequest } = this.#parts.limits;
    const allowed = `${requestBurst} at once and ${requestsPerSecond} a second, of ${bytesPerRequest} bytes`;
    return new StreamClosed("babbling", `too many requests: expected at most ${allowed}, acknowledgements aside`);
  }

  /** What the client makes us remember, over all types: a request has replaced, or added to, the names of its own. */
  #checkNames(): void {
    const { limits } = this.#parts;
    let known = 0;
    for (const [type, subscription] of this.#subscriptions) known += subscription.names(this.#snapshot?.get(type));
    if (known > limits.names) {
      throw new StreamClosed("too-many-names", `the stream asks for ${known} names: expected at most ${limits.names}`);
    }
  }

  /** An acknowledgement is one for each response of ours; everything else a client may send as often as it likes, and pays. */
  #count(type: TypeUrl, receipt: Receipt): void {
    const { now, received } = this.#parts;
    received(typeName(type) as ResourceType, receipt);
    this.#checkNames();
    if (receipt.kind === "ack" || receipt.kind === "nack") this.#waitingSince.delete(type);
    else if (!this.#rate.take(now())) throw this.#babbling();
  }

  #flush(): void {
    if (this.#snapshot === undefined) return;
    for (const type of TYPE_ORDER) {
      const content = this.#snapshot.get(type);
      const subscription = this.#subscriptions.get(type);
      if (content === undefined || subscription === undefined) continue;
      const nonce = String(this.#nonce + 1);
      const message = subscription.next(content, nonce);
      if (message === undefined) continue;
      this.#nonce += 1;
      this.#waitingSince.set(type, this.#parts.now());
      this.#parts.send(message);
    }
  }
}
