import { isWildcardType, TYPES, type TypeUrl } from "../types.ts";
import { type Changes, changesOf, type Look } from "./changes.ts";
import { ClientResources, type Replaced, type RequestEffect } from "./client-resources.ts";
import type { EncodedResource } from "./resource.ts";
import { sotwResponse } from "./responses.ts";
import type { TypeSnapshot } from "./snapshot.ts";
import type { Next, TypeStream } from "./type-stream.ts";

/** What counts of a `DiscoveryRequest`. */
export interface SotwRequest {
  readonly resourceNames: readonly string[];
  readonly responseNonce: string;
  /** Message of `error_detail`. */
  readonly problem: string | undefined;
}

/** Types of which a response has everything, for what it leaves out is removed; of others it has what is new. */
const WHOLE: ReadonlySet<TypeUrl> = new Set([TYPES.cluster, TYPES.listener]);

/**
 * One type of a state-of-the-world stream
 * (https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol#basic-protocol-overview).
 */
export class SotwType implements TypeStream<SotwRequest> {
  readonly resources = new ClientResources();
  readonly #type: TypeUrl;
  #names: ReadonlySet<string> = new Set();
  #everNamed = false;
  #begun = false;
  /** Something was asked for that no response has answered yet, even if nothing changed. */
  #owed = false;

  constructor(type: TypeUrl) {
    this.#type = type;
  }

  wants(name: string): boolean {
    return this.#isWildcard || this.#names.has(name);
  }

  names(): number {
    return this.#names.size;
  }

  receive({ resourceNames, responseNonce, problem }: SotwRequest, content: TypeSnapshot | undefined): RequestEffect {
    const outcome = this.resources.receive(responseNonce, problem, content);
    // the client has not seen our newest response: it will say again what it wants once it has
    if (outcome.receipt.kind === "stale") return outcome;
    const names = new Set(resourceNames);
    if (names.size > 0) this.#everNamed = true;
    if (!this.#begun || responseNonce === "") this.#begin();
    const added = resourceNames.filter((name) => !this.#names.has(name));
    if (added.length > 0) this.#owed = true;
    const dropped = [...this.#names].filter((name) => !names.has(name));
    this.#names = names;
    for (const name of added) this.resources.forget(name);
    if (!this.#isWildcard) for (const name of dropped) this.resources.drop(name);
    return outcome;
  }

  next(content: TypeSnapshot, look: Look): Next {
    const nothing = { message: undefined, sent: undefined };
    if (!this.#isWildcard && this.#names.size === 0 && look.order.unasked.size === 0)
      return { ...nothing, again: undefined };
    const changes = changesOf(this.#type, this, content, look);
    const { again, removed, resources } = changes;
    const replaced = WHOLE.has(this.#type) ? [] : this.#removeSilently(removed);
    const isNew = resources.size > 0 || (WHOLE.has(this.#type) && removed.length > 0);
    if (!isNew && !(this.#owed && again === undefined)) return { ...nothing, again, replaced };
    const { now: at, sequence } = look;
    const nonce = String(sequence);
    // with something held back it is another version than the one that has it
    const version = again === undefined ? content.version : `${content.version}.${nonce}`;
    const list = WHOLE.has(this.#type) ? this.#everything(changes) : [...resources.values()];
    // also what is still on its way with an earlier response: the client speaks of it once more
    const unaccepted = list.filter(({ name, version: of }) => this.resources.accepted.get(name)?.version !== of);
    const news = new Map([...unaccepted, ...resources.values()].map((each) => [each.name, each]));
    const message = sotwResponse({ version, type: this.#type, nonce, resources: list });
    const sent = { sequence, at, version, resources: news, removed: new Set(WHOLE.has(this.#type) ? removed : []) };
    this.#owed = false;
    this.resources.sent(sent, (name) => this.wants(name));
    return { message, sent, again, replaced };
  }

  #begin(): void {
    this.#begun = true;
    this.#owed = true;
    for (const name of this.resources.known.keys()) this.resources.forget(name);
  }

  /** What the client has, and is to have on. */
  #everything({ removed, resources }: Changes): EncodedResource[] {
    const all = new Map<string, EncodedResource>();
    for (const [name, { resource }] of this.resources.known) if (resource !== undefined) all.set(name, resource);
    for (const [name, resource] of resources) all.set(name, resource);
    for (const name of removed) all.delete(name);
    return [...all.values()];
  }

  #removeSilently(names: readonly string[]): Replaced[] {
    return names.flatMap((name) => this.resources.remove(name));
  }

  /** `*`, or for some types a subscription that never named anything. */
  get #isWildcard(): boolean {
    return this.#names.has("*") || (isWildcardType(this.#type) && !this.#everNamed);
  }
}
