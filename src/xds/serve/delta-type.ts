import { isWildcardType, TYPES, type TypeUrl } from "../types.ts";
import { changesOf, type Look } from "./changes.ts";
import { ClientResources, type RequestEffect } from "./client-resources.ts";
import { deltaResponse } from "./responses.ts";
import type { TypeSnapshot } from "./snapshot.ts";
import type { Next, TypeStream } from "./type-stream.ts";

/** What counts of a `DeltaDiscoveryRequest`. */
export interface DeltaRequest {
  readonly subscribe: readonly string[];
  readonly unsubscribe: readonly string[];
  /** Versions that the client has from an earlier stream, by name; of a first request only. */
  readonly initialVersions: Readonly<Record<string, string>>;
  readonly responseNonce: string;
  /** Message of `error_detail`. */
  readonly problem: string | undefined;
}

/**
 * One type of a delta stream: only what differs from what the client has is sent
 * (https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol#incremental-xds).
 */
export class DeltaType implements TypeStream<DeltaRequest> {
  readonly resources = new ClientResources();
  readonly #type: TypeUrl;
  readonly #names = new Set<string>();
  /** Names that the client was told do not exist. */
  readonly #absent = new Set<string>();
  #isWildcard = false;
  #begun = false;
  /** A request waits for a response, even if there is nothing new. */
  #owed = false;

  constructor(type: TypeUrl) {
    this.#type = type;
  }

  wants(name: string): boolean {
    return this.#isWildcard || this.#names.has(name);
  }

  /** What we sent is no burden of the client's making. */
  names(content: TypeSnapshot | undefined): number {
    let count = this.#names.size;
    for (const [name, { resource }] of this.resources.known) {
      if (resource === undefined && !this.#names.has(name) && content?.resources.has(name) !== true) count += 1;
    }
    return count;
  }

  receive(request: DeltaRequest, content: TypeSnapshot | undefined): RequestEffect {
    const outcome = this.resources.receive(request.responseNonce, request.problem, content);
    if (this.#begun) for (const name of request.subscribe) this.#subscribe(name);
    else this.#begin(request, content);
    // unlike acknowledgements, changes of the subscription are never out of date
    for (const name of request.unsubscribe) this.#unsubscribe(name);
    return outcome;
  }

  next(content: TypeSnapshot, look: Look): Next {
    const { again, removed, resources } = changesOf(this.#type, this, content, look);
    const gone = [...removed, ...this.#toldGone(content, look)];
    const isOwed = this.#owed && again === undefined;
    if (resources.size === 0 && gone.length === 0 && !isOwed) return { message: undefined, sent: undefined, again };
    const { now: at, sequence } = look;
    const { version } = content;
    const message = deltaResponse({
      version,
      type: this.#type,
      nonce: String(sequence),
      resources: [...resources.values()],
      removed: gone,
    });
    const sent = { sequence, at, version, resources, removed: new Set(gone) };
    this.#owed = false;
    this.resources.sent(sent, (name) => this.wants(name));
    for (const name of resources.keys()) this.#absent.delete(name);
    for (const name of gone) if (this.#names.has(name)) this.#absent.add(name);
    return { message, sent, again };
  }

  #begin({ subscribe, initialVersions }: DeltaRequest, content: TypeSnapshot | undefined): void {
    this.#begun = true;
    this.#owed = true;
    if (subscribe.length === 0 && isWildcardType(this.#type)) this.#isWildcard = true;
    // a cluster that changed with the last words of the earlier stream waits for its endpoints, although the client has them
    if (this.#type !== TYPES.endpoints) {
      for (const [name, version] of Object.entries(initialVersions)) this.resources.claim(name, version, content);
    }
    for (const name of subscribe) {
      if (name === "*") this.#isWildcard = true;
      else this.#names.add(name);
    }
  }

  #subscribe(name: string): void {
    if (name === "*") {
      this.#isWildcard = true;
      this.#owed = true;
      return;
    }
    this.resources.forget(name);
    this.#absent.delete(name);
    this.#names.add(name);
  }

  #unsubscribe(name: string): void {
    if (name === "*") {
      this.#isWildcard = false;
      for (const known of this.resources.known.keys()) if (!this.#names.has(known)) this.resources.drop(known);
      return;
    }
    this.#names.delete(name);
    this.#absent.delete(name);
    this.resources.drop(name);
    // where all are subscribed to it is sent, or called gone, once more, so that the client knows where it stands
    if (this.#isWildcard) this.resources.unsure(name, undefined);
  }

  /** What the client asks for by name and does not exist: it is told once, and again when a cluster waits for it once more. */
  #toldGone({ resources }: TypeSnapshot, { order }: Look): string[] {
    const isDue = (name: string): boolean =>
      !this.#absent.has(name) || (this.#type === TYPES.endpoints && order.unasked.has(name));
    return [...this.#names].filter((name) => !resources.has(name) && !this.resources.known.has(name) && isDue(name));
  }
}
