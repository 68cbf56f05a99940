import { spelledPlainly } from "../encode/spelled-otherwise.ts";
import type { XdsLimits } from "../limits.ts";
import { type ResourceType, TYPE_ORDER, TYPES, type TypeUrl, typeName } from "../types.ts";
import { WHEN_SOMETHING_HAPPENS } from "./changes.ts";
import type { RequestEffect, SubscriptionState } from "./client-resources.ts";
import { DeltaType } from "./delta-type.ts";
import type { Receipt, Sent } from "./exchange.ts";
import { type Outstanding, outstandingOf } from "./outstanding.ts";
import { hasSecrets, holdsEndpoints, type ProxyStanding, standingOf } from "./proxy-standing.ts";
import { type OrderedType, type OrderView, PushOrder } from "./push-order.ts";
import { RequestRate } from "./request-rate.ts";
import { type NodeClaim, readDeltaRequest, readSotwRequest } from "./requests.ts";
import type { EncodedResource } from "./resource.ts";
import type { Snapshot, TypeSnapshot } from "./snapshot.ts";
import { SotwType } from "./sotw-type.ts";
import { StreamClosed } from "./stream-closed.ts";

/** The two variants of ADS. */
export type AdsVariant = "delta" | "sotw";

/** A resource that a proxy rejects, or does not reject any more. */
export interface Rejection {
  readonly type: ResourceType;
  /** The version that this is about. */
  readonly resource: EncodedResource;
  /** What the proxy said: bounded, and text of a stranger. Undefined: it no longer rejects it, or it is not wanted any more. */
  readonly problem: string | undefined;
}

/** What a stream is given. */
export interface StreamParts {
  readonly protocol: AdsVariant;
  readonly limits: XdsLimits;
  /** Milliseconds of a clock that does not go back. */
  readonly now: () => number;
  /** Asked once, with the first request; what it answers is the proxy's content. Throws {@link StreamClosed}. */
  readonly admit: (node: NodeClaim) => Snapshot;
  readonly send: (message: readonly Uint8Array[]) => void;
  /** Whether what was sent is on the wire; while it is not, nothing more is sent, and {@link AdsStream.proceed} is called later. */
  readonly canSend: () => boolean;
  /** Calls {@link AdsStream.proceed} in so many milliseconds; an earlier appointment is forgotten. Undefined: only that. */
  readonly lookAgain: (milliseconds: number | undefined) => void;
  /** Called with every request that is understood, for logs and metrics. */
  readonly received: (type: ResourceType, receipt: Receipt) => void;
  /** Called with every resource that the proxy rejects, and when that is over. */
  readonly judged: (rejection: Rejection) => void;
}

type AnyType = DeltaType | SotwType;

/** One type of this stream. */
interface Entry {
  readonly type: TypeUrl;
  readonly stream: AnyType;
  /** There may be something to say. */
  isDue: boolean;
}

/** The state of one ADS stream, without its transport: requests go in, responses come out. */
export class AdsStream {
  readonly #parts: StreamParts;
  readonly #types = new Map<TypeUrl, Entry>();
  /** The same, as the order sees them. */
  readonly #ordered = new Map<TypeUrl, OrderedType>();
  readonly #order: PushOrder;
  readonly #rate: RequestRate;
  readonly #begun: number;
  /** The client has had a stream before. */
  #isReturning = false;
  #snapshot: Snapshot | undefined;
  #sequence = 0;
  /** What could not be sent, and since when; undefined: it can. */
  #stuck: { readonly type: TypeUrl; readonly since: number } | undefined;

  constructor(parts: StreamParts) {
    this.#parts = parts;
    this.#begun = parts.now();
    this.#order = new PushOrder(parts.limits, this.#begun);
    this.#rate = new RequestRate(parts.limits.requestBurst, parts.limits.requestsPerSecond, this.#begun);
  }

  /** Takes one message of the client. Throws {@link StreamClosed} when the stream has to end for it. */
  receive(bytes: Uint8Array): void {
    this.#chargeFor(bytes.length);
    if (this.#parts.protocol === "sotw") this.#receiveSotw(bytes);
    else this.#receiveDelta(bytes);
    this.proceed();
  }

  /**
   * From now on this is the content, also that of another view; it is brought to the client in the order that keeps traffic going.
   * What was before stays where the client cannot hear of it, and the error is thrown.
   */
  update(snapshot: Snapshot): void {
    const before = this.#snapshot;
    if (before === undefined || before === snapshot) return;
    for (const entry of this.#types.values()) {
      if (snapshot.get(entry.type) !== before.get(entry.type)) entry.isDue = true;
    }
    this.#snapshot = snapshot;
    try {
      this.proceed();
    } catch (error) {
      this.#snapshot = before;
      throw error;
    }
  }

  /** Sends what may be sent by now. */
  proceed(): void {
    const { canSend, lookAgain, now } = this.#parts;
    const wanted = this.#snapshot;
    if (wanted === undefined) return;
    const time = now();
    let again = Number.POSITIVE_INFINITY;
    for (const type of TYPE_ORDER) {
      const entry = this.#types.get(type);
      const content = wanted.get(type);
      if (entry?.isDue !== true || content === undefined) continue;
      if (!canSend()) {
        this.#stuck ??= { type, since: time };
        return;
      }
      this.#stuck = undefined;
      again = Math.min(again, this.#say(entry, content, wanted, time));
    }
    lookAgain(again === Number.POSITIVE_INFINITY ? undefined : Math.max(0, again - time));
  }

  /** What is overdue: throws {@link StreamClosed} when the client keeps us waiting too long. */
  checkDeadlines(): void {
    const { limits, now } = this.#parts;
    const time = now();
    if (this.#snapshot === undefined && time - this.#begun > limits.firstRequest) {
      throw new StreamClosed("first-request-late", `no request came within ${limits.firstRequest} ms`);
    }
    if (this.#stuck !== undefined && time - this.#stuck.since > limits.acknowledgement) {
      throw new StreamClosed("not-acknowledged", `the client read nothing for ${limits.acknowledgement} ms`);
    }
    for (const { type, stream } of this.#types.values()) {
      // while one cluster warms, Envoy acknowledges none: that may take minutes, and pings tell whether it lives
      if (type === TYPES.cluster) continue;
      const [oldest] = stream.resources.exchange.waiting;
      if (oldest !== undefined && time - oldest.at > limits.acknowledgement) {
        const message = `the response of type ${typeName(type)} was not acknowledged within ${limits.acknowledgement} ms`;
        throw new StreamClosed("not-acknowledged", message);
      }
    }
  }

  /** Where each type stands that was asked for. */
  states(): Readonly<Partial<Record<ResourceType, SubscriptionState>>> {
    const states: Partial<Record<ResourceType, SubscriptionState>> = {};
    for (const { type, stream } of this.#types.values()) {
      const name = typeName(type);
      if (name !== undefined) states[name] = stream.resources.state;
    }
    return states;
  }

  /** How its client stands to what it is to have. */
  standing(): ProxyStanding {
    return standingOf(this.#ordered, this.#snapshot);
  }

  /** What its client should have acknowledged by now, `since` in milliseconds from the stream's beginning; undefined: nothing. */
  behind(): Outstanding | undefined {
    const { limits, now } = this.#parts;
    // until its first request, which has a deadline of its own, nothing is for it
    if (this.#isFirst) return undefined;
    const found = outstandingOf({ types: this.#ordered, begun: this.#begun, stuck: this.#stuck });
    const isLate = found !== undefined && now() - found.since > limits.behind;
    return isLate ? { ...found, since: found.since - this.#begun } : undefined;
  }

  /** Whether its client has acknowledged secrets of these names. */
  hasSecrets(names: readonly string[]): boolean {
    return hasSecrets(this.#ordered, names);
  }

  /** Whether its client has acknowledged endpoints as they are to be; undefined: they are none of its content. */
  holds(endpoints: string): boolean | undefined {
    return holdsEndpoints(this.#ordered, this.#snapshot, endpoints);
  }

  #receiveSotw(bytes: Uint8Array): void {
    // it does not say what it has
    this.#isReturning = true;
    const { type, node, request } = readSotwRequest(bytes, this.#parts.limits, this.#isFirst ? "read" : "skip");
    const entry = this.#entryOf(this.#admitted(type, node), SotwType);
    this.#count(entry, entry.stream.receive(request, this.#snapshot?.get(entry.type)));
  }

  #receiveDelta(bytes: Uint8Array): void {
    const { type, node, request } = readDeltaRequest(bytes, this.#parts.limits, this.#isFirst ? "read" : "skip");
    const entry = this.#entryOf(this.#admitted(type, node), DeltaType);
    this.#isReturning ||= Object.keys(request.initialVersions).length > 0;
    this.#count(entry, entry.stream.receive(request, this.#snapshot?.get(entry.type)));
  }

  #entryOf<S extends AnyType>(type: TypeUrl, Type: new (type: TypeUrl) => S): Entry & { readonly stream: S } {
    const known = this.#types.get(type);
    if (known?.stream instanceof Type) return known as Entry & { readonly stream: S };
    const made = { type, stream: new Type(type), isDue: true };
    this.#types.set(type, made);
    this.#ordered.set(type, made.stream);
    return made;
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
    for (const { type, stream } of this.#types.values()) known += stream.names(this.#snapshot?.get(type));
    if (known > limits.names) {
      throw new StreamClosed("too-many-names", `the stream asks for ${known} names: expected at most ${limits.names}`);
    }
  }

  /** An acknowledgement is one for each response of ours; everything else a client may send as often as it likes, and pays. */
  #count(entry: Entry, { accepted, receipt, recovered, rejected, replaced }: RequestEffect): void {
    const { now, received } = this.#parts;
    const { type } = entry;
    received(typeName(type) as ResourceType, receipt);
    this.#checkNames();
    if (receipt.kind === "ack" || receipt.kind === "nack") {
      if (accepted !== undefined) this.#order.accepted(type, accepted);
      this.#order.replaced(type, replaced, this.#viewAt(now()));
      for (const { problem, resource } of rejected) this.#judge(type, resource, problem);
      for (const resource of recovered) this.#judge(type, resource, undefined);
    } else if (!this.#rate.take(now())) throw this.#babbling();
    if (receipt.kind !== "ack") entry.isDue = true;
  }

  #judge(type: TypeUrl, resource: EncodedResource, problem: string | undefined): void {
    // what is tried again in other bytes is one and the same problem
    const said = type === TYPES.secret && problem !== undefined ? spelledPlainly(problem) : problem;
    this.#parts.judged({ type: typeName(type) as ResourceType, resource, problem: said });
  }

  #viewAt(now: number): OrderView {
    return { types: this.#ordered, wanted: this.#snapshot ?? new Map(), now };
  }

  /** Says what there is to say of one type; returns when there may be more. */
  #say(entry: Entry, content: TypeSnapshot, wanted: Snapshot, now: number): number {
    const { stream, type } = entry;
    for (const resource of stream.resources.thaw(content)) this.#judge(type, resource, undefined);
    const blocked = this.#blockedUntil(entry);
    if (blocked > now) return blocked;
    const view = this.#viewAt(now);
    let unusable: ReturnType<PushOrder["unusable"]> | undefined;
    const next = stream.next(content, {
      ...view,
      wanted,
      order: this.#order,
      sequence: this.#sequence + 1,
      // almost never the number of the stream before
      earlierTries: this.#isReturning ? 1 + Math.floor(this.#begun) : 0,
      unusable: () => (unusable ??= this.#order.unusable(view)),
    });
    if (next.message !== undefined && next.sent !== undefined) {
      this.#sequence += 1;
      if (type === TYPES.cluster) this.#followWithEndpoints(next.sent);
      if (type === TYPES.endpoints) this.#order.endpointsSent(next.sent);
      this.#parts.send(next.message);
    }
    if (next.replaced !== undefined) this.#order.replaced(type, next.replaced, view);
    entry.isDue = next.again !== undefined;
    return next.again ?? WHEN_SOMETHING_HAPPENS;
  }

  #followWithEndpoints(sent: Sent): void {
    this.#order.clustersSent(sent);
    const endpoints = this.#types.get(TYPES.endpoints);
    if (endpoints !== undefined) endpoints.isDue = true;
  }

  /** One response of a type is on its way at most, but Envoy may take minutes to acknowledge clusters, and takes newer ones. */
  #blockedUntil({ stream, type }: Entry): number {
    const newest = stream.resources.exchange.waiting.at(-1);
    if (newest === undefined) return 0;
    return type === TYPES.cluster ? newest.at + this.#parts.limits.clusterAcknowledgement : WHEN_SOMETHING_HAPPENS;
  }
}
