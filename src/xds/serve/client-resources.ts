import { oneLine } from "../../model/one-line.ts";
import { culpritsIn } from "./culprit.ts";
import { Exchange, type Receipt, type Sent } from "./exchange.ts";
import type { EncodedResource } from "./resource.ts";
import type { TypeSnapshot } from "./snapshot.ts";

/** Where one type of a stream stands, as it is shown. */
export interface SubscriptionState {
  /** Version that the proxy last accepted; empty: none yet. */
  readonly accepted: string;
  /** Version that it last refused, while it rejects something of what it is to have; empty: it does not. */
  readonly rejected: string;
  /** What it said then. */
  readonly problem: string;
  /** Whether a response is on its way. */
  readonly waiting: boolean;
  /** Resources of which the wanted version is rejected, some of them if there are many. */
  readonly frozen: readonly { readonly name: string; readonly problem: string }[];
}

/** Frozen resources that are shown of a type. */
const SHOWN = 20;

/** One version of a resource at a client. Its bytes are not known where the client brought it along from an earlier stream. */
export interface Held {
  readonly version: string;
  readonly resource: EncodedResource | undefined;
}

/** A version that the client has rejected: it is not sent again, or not soon, and what was accepted before it stays. */
export interface Frozen {
  readonly resource: EncodedResource;
  /** When it was sent, in milliseconds. */
  readonly at: number;
  /** What the client said: bounded, in one line. */
  readonly problem: string;
}

/** A version that the client has put another one, or nothing, in the place of. */
export interface Replaced {
  readonly name: string;
  readonly old: Held;
  /** Undefined: it was removed. */
  readonly by: EncodedResource | undefined;
}

/** What came of a request. */
export interface RequestEffect {
  readonly receipt: Receipt;
  readonly replaced: readonly Replaced[];
  /** What counts as accepted now. */
  readonly accepted: Sent | undefined;
  /** Resources that are frozen by it. */
  readonly rejected: readonly Frozen[];
  /** Resources that were frozen, and of which another version was accepted now. */
  readonly recovered: readonly EncodedResource[];
}

/** The resources of one type at one client: what it has accepted, what is on its way, and what it rejects. */
export class ClientResources {
  readonly exchange = new Exchange();
  readonly frozen = new Map<string, Frozen>();
  /** Of a rejected response that named no culprit: they are tried one at a time. */
  readonly suspects = new Set<string>();
  /** The newest version that was sent, or that the client brought along. */
  readonly #known = new Map<string, Held>();
  readonly #accepted = new Map<string, Held>();
  /** What came in a rejected response and was not at fault, so that the client may have it; until it is known again what it has. */
  readonly #doubtful = new Set<string>();
  #state = { accepted: "", rejected: "", problem: "" };

  /** Where the client stands, as it is shown. */
  get state(): SubscriptionState {
    const frozen = [...this.frozen].slice(0, SHOWN).map(([name, { problem }]) => ({ name, problem }));
    return { ...this.#state, waiting: this.exchange.waiting.length > 0, frozen };
  }

  /** Whether it has ever accepted a response of this stream. */
  get hasAccepted(): boolean {
    return this.#state.accepted !== "";
  }

  /** What the client has, or is about to have. */
  get known(): ReadonlyMap<string, Held> {
    return this.#known;
  }

  get accepted(): ReadonlyMap<string, Held> {
    return this.#accepted;
  }

  /** The client has this from an earlier stream, or says so. */
  claim(name: string, version: string, content: TypeSnapshot | undefined): void {
    const same = content?.resources.get(name);
    const held = { version, resource: same?.version === version ? same : undefined };
    this.#known.set(name, held);
    this.#accepted.set(name, held);
  }

  /**
   * Nobody knows what the client has of this one: it is sent, or called gone, once more. `resource` is what stands for it where a
   * response has to list everything.
   */
  unsure(name: string, resource: EncodedResource | undefined): void {
    this.#known.set(name, { version: "", resource });
  }

  /** It waits for this one, whatever it had before. */
  forget(name: string): void {
    this.#known.delete(name);
  }

  /** It does not use this one any more. */
  drop(name: string): void {
    this.#known.delete(name);
    this.#doubtful.delete(name);
    this.#accepted.delete(name);
    this.frozen.delete(name);
  }

  /** Nobody tells the client, for its protocol cannot: it keeps this one until it does not ask for it any more. */
  remove(name: string): Replaced[] {
    const replaced: Replaced[] = [];
    this.#known.delete(name);
    this.#replace(name, undefined, replaced);
    return replaced;
  }

  /** `counts`: whether the client is known to take it. */
  sent(response: Sent, counts: (name: string) => boolean): void {
    this.exchange.sent(response);
    for (const [name, resource] of response.resources) {
      if (counts(name)) this.#known.set(name, { version: resource.version, resource });
    }
    for (const name of response.removed) this.#known.delete(name);
  }

  /** Every version that the client may be using: accepted, and on its way. */
  *inUse(): Generator<readonly [name: string, held: Held]> {
    yield* this.#accepted;
    for (const { resources } of this.exchange.waiting) {
      for (const [name, resource] of resources) yield [name, { version: resource.version, resource }];
    }
  }

  receive(nonce: string, problem: string | undefined, content: TypeSnapshot | undefined): RequestEffect {
    const answer = this.exchange.receive(nonce, problem);
    const { receipt } = answer;
    if (answer.kind === "neither") return { receipt, accepted: undefined, replaced: [], rejected: [], recovered: [] };
    const { response } = answer;
    if (answer.kind === "accepted") {
      const outcome = this.#accept(response, content);
      this.#state = { ...this.#state, accepted: response.version };
      this.#forgive();
      return { receipt, accepted: response, rejected: [], ...outcome };
    }
    this.#state = { ...this.#state, rejected: response.version, problem: oneLine(problem ?? "") };
    return { receipt, accepted: undefined, recovered: [], ...this.#reject(response, problem ?? "") };
  }

  /** Frozen ones that are no concern any more: nobody wants them, or what was accepted is wanted again. */
  thaw(content: TypeSnapshot): EncodedResource[] {
    const thawed: EncodedResource[] = [];
    for (const [name, { resource }] of this.frozen) {
      const wanted = content.resources.get(name)?.version;
      if (wanted !== undefined && wanted !== this.#accepted.get(name)?.version) continue;
      this.frozen.delete(name);
      thawed.push(resource);
    }
    if (thawed.length > 0) this.#forgive();
    return thawed;
  }

  /** What it said stays as long as something is frozen for it. */
  #forgive(): void {
    if (this.frozen.size === 0) this.#state = { ...this.#state, rejected: "", problem: "" };
  }

  #accept(
    { resources, removed }: Sent,
    content: TypeSnapshot | undefined,
  ): Pick<RequestEffect, "recovered" | "replaced"> {
    const replaced: Replaced[] = [];
    const recovered: EncodedResource[] = [];
    for (const [name, resource] of resources) {
      this.suspects.delete(name);
      // what is wanted once more while another version was on its way is rejected as before: that one says nothing of it
      const rejects = this.frozen.get(name)?.resource.version;
      const isStill = rejects !== resource.version && rejects === content?.resources.get(name)?.version;
      if (!isStill && this.frozen.delete(name)) recovered.push(resource);
      // what was not asked for, or is not wanted any more, is not remembered
      if (this.#known.has(name)) this.#replace(name, resource, replaced);
    }
    for (const name of removed) this.#replace(name, undefined, replaced);
    return { recovered, replaced };
  }

  #replace(name: string, by: EncodedResource | undefined, replaced: Replaced[]): void {
    this.#doubtful.delete(name);
    const old = this.#accepted.get(name);
    if (old !== undefined && old.version !== by?.version) replaced.push({ name, old, by });
    if (by === undefined) this.#accepted.delete(name);
    else this.#accepted.set(name, { version: by.version, resource: by });
  }

  #reject({ at, resources, removed }: Sent, text: string): Pick<RequestEffect, "rejected" | "replaced"> {
    const replaced: Replaced[] = [];
    for (const name of removed) this.#replace(name, undefined, replaced);
    const named = culpritsIn(text, resources.keys());
    const culprits = new Set(named.length === 0 && resources.size === 1 ? resources.keys() : named);
    const rejected: Frozen[] = [];
    for (const [name, resource] of resources) {
      const isNewest = this.#known.get(name)?.version === resource.version;
      if (!culprits.has(name)) {
        this.#doubtful.add(name);
        if (isNewest) this.unsure(name, culprits.size > 0 ? resource : this.#accepted.get(name)?.resource);
        if (culprits.size === 0) this.suspects.add(name);
        continue;
      }
      this.suspects.delete(name);
      const before = this.#accepted.get(name);
      if (isNewest && this.#doubtful.has(name)) this.unsure(name, before?.resource);
      else if (isNewest && before !== undefined) this.#known.set(name, before);
      else if (isNewest) this.#known.delete(name);
      const earlier = this.frozen.get(name);
      const frozen = { resource, at, problem: oneLine(text) };
      this.frozen.set(name, frozen);
      // tried again for nothing
      if (earlier?.resource.version === resource.version) continue;
      rejected.push(frozen);
    }
    return { rejected, replaced };
  }
}
