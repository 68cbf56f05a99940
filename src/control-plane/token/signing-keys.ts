import { createPublicKey, type JsonWebKey, type KeyObject } from "node:crypto";
import type { KubeReader } from "../../kube/client.ts";
import { type JsonObject, member, objectsOf, stringOf } from "../../model/json.ts";
import { CONTROL_PLANE_LIMITS } from "../limits.ts";

/** Where API servers publish what tokens are verified with; every service account may read both. */
const DISCOVERY = "/.well-known/openid-configuration";
const KEYS = "/openid/v1/jwks";

/** A set of keys, as it was published at some time. */
interface KeySet {
  readonly issuer: string;
  readonly keys: ReadonlyMap<string, KeyObject>;
}

export type FoundKey =
  | { readonly kind: "found"; readonly key: KeyObject; readonly issuer: string }
  /** The API server does not publish such a key. */
  | { readonly kind: "unknown" }
  /** The keys cannot be had. */
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
 * Once known they stay known while the API server is away.
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

  /** The key of that name; asked for when it is not known, unless that was tried a moment ago. */
  async find(keyId: string): Promise<FoundKey> {
    const known = this.#of(keyId);
    if (known !== undefined) {
      if (this.#age > CONTROL_PLANE_LIMITS.keysAge) void this.#ask();
      return known;
    }
    if (this.#asking !== undefined || this.#age > CONTROL_PLANE_LIMITS.keysRetry) await this.#ask();
    const found = this.#of(keyId);
    if (found !== undefined) return found;
    return this.#known === undefined ? { kind: "unavailable", problem: this.#problem } : { kind: "unknown" };
  }

  get #age(): number {
    return this.#parts.now() - this.#askedAt;
  }

  #of(keyId: string): FoundKey | undefined {
    const key = this.#known?.keys.get(keyId);
    return this.#known && key && { kind: "found", key, issuer: this.#known.issuer };
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
    this.#askedAt = now();
    const call = { signal, timeout: CONTROL_PLANE_LIMITS.question };
    try {
      const [discovery, keys] = await Promise.all([
        client.get(DISCOVERY, { ...call, content: "whole" }),
        client.get(KEYS, { ...call, content: "key-set" }),
      ]);
      this.#known = { issuer: stringOf(member(discovery, "issuer")) ?? "", keys: keysOf(keys) };
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
