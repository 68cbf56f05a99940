import { createPublicKey, type JsonWebKey, type KeyObject } from "node:crypto";
import type { KubeReader } from "../../../kube/client.ts";
import { type JsonObject, member, objectsOf, stringOf } from "../../../model/json.ts";
import { CONTROL_PLANE_LIMITS } from "../../limits.ts";

/** Where API servers publish what tokens are verified with; every service account may read both. */
const DISCOVERY = "/.well-known/openid-configuration";
const KEYS = "/openid/v1/jwks";

/** A set of keys, as it was published at some time. */
interface KeySet {
  readonly issuer: string;
  readonly keys: ReadonlyMap<string, KeyObject>;
  /** When it was asked for. */
  readonly asOf: number;
}

export type FoundKey =
  | { readonly kind: "found"; readonly key: KeyObject; readonly issuer: string }
  /** The API server does not publish such a key. */
  | { readonly kind: "unknown" }
  /** The keys cannot be read. */
  | { readonly kind: "unavailable"; readonly problem: string };

export interface SigningKeysParts {
  readonly client: KubeReader;
  readonly signal: AbortSignal;
  /** Milliseconds of a clock that does not go back. */
  readonly now: () => number;
}

/**
 * The keys that the cluster's service account tokens are signed with, as the API server publishes them
 * (https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/#service-account-issuer-discovery).
 * After a while they are asked for again before the next token is accepted, so that a key that was taken back is not; while the
 * API server is away the known ones do for some hours.
 */
export class SigningKeys {
  readonly #parts: SigningKeysParts;
  #known: KeySet | undefined;
  #askedAt = Number.NEGATIVE_INFINITY;
  #asking: Promise<void> | undefined;
  #problem = "";

  constructor(parts: SigningKeysParts) {
    this.#parts = parts;
  }

  /** The key of that name; asked for when it is not known or was not confirmed lately, unless that was tried a moment ago. */
  async find(keyId: string): Promise<FoundKey> {
    const { keysAge, keysMaxAge, keysRetry } = CONTROL_PLANE_LIMITS;
    const known = this.#within(keysAge)?.keys.has(keyId) === true;
    const mayAsk = this.#asking !== undefined || this.#parts.now() - this.#askedAt > keysRetry;
    if (!known && mayAsk) await this.#ask();
    const set = this.#within(keysMaxAge);
    if (set === undefined) return { kind: "unavailable", problem: this.#problem };
    const key = set.keys.get(keyId);
    return key === undefined ? { kind: "unknown" } : { kind: "found", key, issuer: set.issuer };
  }

  /** The keys that are known, when they are not older than that. */
  #within(age: number): KeySet | undefined {
    return this.#known && this.#parts.now() - this.#known.asOf <= age ? this.#known : undefined;
  }

  /** One question for all who wait. */
  #ask(): Promise<void> {
    this.#asking ??= this.#read().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  async #read(): Promise<void> {
    const { client, signal, now } = this.#parts;
    const asOf = now();
    this.#askedAt = asOf;
    const call = { signal, timeout: CONTROL_PLANE_LIMITS.question };
    try {
      const [discovery, keys] = await Promise.all([
        client.get(DISCOVERY, { ...call, content: "whole" }),
        client.get(KEYS, { ...call, content: "key-set" }),
      ]);
      this.#known = { issuer: stringOf(member(discovery, "issuer")) ?? "", keys: keysOf(keys), asOf };
    } catch (error) {
      this.#problem = (error as Error).message;
    }
  }
}

function keysOf(set: JsonObject): ReadonlyMap<string, KeyObject> {
  return new Map(objectsOf(member(set, "keys")).flatMap(keyOf));
}

/** A key of a kind that is not understood is left out: a review by the API server takes its place. */
function keyOf(jwk: JsonObject): [string, KeyObject][] {
  const id = stringOf(jwk["kid"]) ?? "";
  try {
    return [[id, createPublicKey({ key: jwk as JsonWebKey, format: "jwk" })]];
  } catch {
    return [];
  }
}
