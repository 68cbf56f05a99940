import type { JsonObject } from "../../model/json.ts";
import type { XdsLimits } from "../limits.ts";
import type { AdsStream, AdsVariant } from "./ads-stream.ts";
import type { Caller, ServedProxy } from "./application.ts";
import { internal } from "./grpc-stream.ts";
import type { Outstanding } from "./outstanding.ts";
import type { ProxyStanding } from "./proxy-standing.ts";
import { RequestRate } from "./request-rate.ts";
import { StreamClosed } from "./stream-closed.ts";

/** One stream of a caller that was let in. */
export interface ActiveStream {
  readonly caller: Caller;
  readonly protocol: AdsVariant;
  readonly peer: string;
  /** Milliseconds since the epoch. */
  readonly since: number;
  /** When it is to end for its age, by the clock of the streams. */
  readonly endsAt: number;
  readonly ads: AdsStream;
  /** From its first request on. */
  readonly proxy: () => ServedProxy | undefined;
  readonly end: (why: StreamClosed) => void;
}

/** How the proxy of a stream stands; `key` and `name` are its caller's. */
export interface StandingProxy extends ProxyStanding {
  readonly key: string;
  readonly name: string;
  /** What it should have acknowledged by now, and since when, in milliseconds since the epoch; undefined: nothing. */
  readonly behind: Outstanding | undefined;
}

/** The proxy of a stream; `key` is its caller's. */
export interface ConnectedProxy {
  readonly key: string;
  /** Whether it has acknowledged everything that it is to have: looks at all of that. */
  readonly isCurrent: () => boolean;
  /** Whether it has acknowledged secrets of these names, which it asks for only once it has what names them. */
  readonly hasSecrets: (names: readonly string[]) => boolean;
}

/** `all`: everybody has them. `some`: not yet everybody. `nobody`: nobody is to have them. */
export type Holding = "all" | "some" | "nobody";

/** Every stream that stands: bounds their number, and ends what is due. */
export class Streams {
  readonly #limits: XdsLimits;
  readonly #now: () => number;
  readonly #streams = new Set<ActiveStream>();
  readonly #byKey = new Map<string, ActiveStream[]>();
  /** Of those who began a stream a moment ago. */
  readonly #beginnings = new Map<string, RequestRate>();
  #draining = false;

  constructor(limits: XdsLimits, now: () => number) {
    this.#limits = limits;
    this.#now = now;
  }

  get size(): number {
    return this.#streams.size;
  }

  /** Lets a stream in. Throws {@link StreamClosed} when there is no room; of one caller's streams the oldest gives way. */
  add(stream: ActiveStream): void {
    if (this.#draining) throw new StreamClosed("shutdown", "the control plane is about to stop");
    if (this.#streams.size >= this.#limits.streams) {
      throw new StreamClosed(
        "too-many-streams",
        `this replica has its ${this.#limits.streams} streams: try another one`,
      );
    }
    this.#countBeginning(stream.caller);
    const ofCaller = this.#byKey.get(stream.caller.key) ?? [];
    const oldest = ofCaller.length >= this.#limits.streamsPerPod ? ofCaller[0] : undefined;
    oldest?.end(new StreamClosed("displaced", `the pod has begun more than ${this.#limits.streamsPerPod} streams`));
    this.#streams.add(stream);
    // read again: the one that had to go is out of it by now
    this.#byKey.set(stream.caller.key, [...(this.#byKey.get(stream.caller.key) ?? []), stream]);
  }

  remove(stream: ActiveStream): void {
    this.#streams.delete(stream);
    const { key } = stream.caller;
    const left = (this.#byKey.get(key) ?? []).filter((each) => each !== stream);
    if (left.length > 0) this.#byKey.set(key, left);
    else this.#byKey.delete(key);
  }

  #countBeginning({ key }: Caller): void {
    const { streamBurst, streamsPerSecond } = this.#limits;
    const now = this.#now();
    const rate = this.#beginnings.get(key) ?? new RequestRate(streamBurst, streamsPerSecond, now);
    this.#beginnings.set(key, rate);
    if (rate.take(now)) return;
    const message = `the pod begins streams over and over: expected at most ${streamBurst} at once and ${streamsPerSecond} a second`;
    throw new StreamClosed("babbling", message);
  }

  /** Ends every stream that is due, one in each step. Never throws: a stream that cannot be looked at ends for that. */
  *sweep(): Generator<void> {
    const now = this.#now();
    for (const [key, rate] of this.#beginnings) if (rate.isFull(now)) this.#beginnings.delete(key);
    for (const stream of this.#streams) {
      try {
        const why = this.#due(stream);
        if (why !== undefined) stream.end(why);
      } catch (error) {
        stream.end(error instanceof StreamClosed ? error : internal(error));
      }
      yield;
    }
  }

  /** Lets nobody in any more and ends all streams at the pace at which another replica can take them, within so many milliseconds. */
  drain(within: number, random: () => number): void {
    this.#draining = true;
    const over = Math.min(within, (this.#streams.size / this.#limits.endsPerSecond) * 1000);
    for (const stream of this.#streams) {
      const end = (): void => stream.end(new StreamClosed("shutdown", "the control plane is about to stop"));
      setTimeout(end, random() * over);
    }
  }

  /** How the proxy of each stands, the oldest first. */
  *standing(): Generator<StandingProxy> {
    for (const stream of this.#streams) {
      const { ads, caller } = stream;
      yield { key: caller.key, name: caller.name, ...ads.standing(), behind: behindOf(stream) };
    }
  }

  /** The proxy of each. */
  *connected(): Generator<ConnectedProxy> {
    for (const { ads, caller } of this.#streams) {
      yield {
        key: caller.key,
        isCurrent: () => ads.standing().state === "current",
        hasSecrets: (names) => ads.hasSecrets(names),
      };
    }
  }

  /** Who of those that are to have endpoints of this name has acknowledged them as they are now. */
  holding(endpoints: string): Holding {
    let isHeld = false;
    for (const { ads } of this.#streams) {
      const holds = ads.holds(endpoints);
      if (holds === false) return "some";
      isHeld ||= holds === true;
    }
    return isHeld ? "all" : "nobody";
  }

  /** What diagnostics show of each, the oldest first: made as it is asked for, of those that stand then. */
  *shown(): Generator<JsonObject> {
    for (const stream of this.#streams) {
      const { ads, peer, protocol, proxy, since } = stream;
      const behind = behindOf(stream);
      yield {
        ...proxy()?.shown(),
        peer,
        protocol,
        since: new Date(since).toISOString(),
        types: ads.states() as unknown as JsonObject,
        ...(behind && { behind: { type: behind.type, since: new Date(behind.since).toISOString() } }),
      };
    }
  }

  #due(stream: ActiveStream): StreamClosed | undefined {
    if (this.#now() >= stream.endsAt) {
      return new StreamClosed(
        "aged",
        "streams end from time to time and begin again, so that they spread over the replicas",
      );
    }
    stream.ads.checkDeadlines();
    return stream.proxy()?.unwelcome();
  }
}

/** By the clock of the wall, and the same at each look. */
function behindOf({ ads, since }: Pick<ActiveStream, "ads" | "since">): Outstanding | undefined {
  const behind = ads.behind();
  return behind && { ...behind, since: since + behind.since };
}
