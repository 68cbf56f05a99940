import { type KeyObject, verify } from "node:crypto";
import type { KubeClient } from "../../../kube/client.ts";
import { TOKEN_AUDIENCE } from "../../../model/names.ts";
import { StreamClosed } from "../../../xds/serve/stream-closed.ts";
import { CONTROL_PLANE_LIMITS } from "../../limits.ts";
import { type PodBearer, parseToken, type UnverifiedToken } from "./jwt.ts";
import type { RefusedTokens } from "./refused-tokens.ts";
import type { SigningKeys } from "./signing-keys.ts";
import { reviewToken } from "./token-review.ts";

interface Algorithm {
  readonly hash: string;
  readonly key: string;
  readonly curve?: string;
}

/** All that service account tokens are signed with, by API servers and by signers of their own (`pkg/serviceaccount` of Kubernetes). */
const ALGORITHMS: ReadonlyMap<string, Algorithm> = new Map([
  ["RS256", { hash: "sha256", key: "rsa" }],
  ["ES256", { hash: "sha256", key: "ec", curve: "prime256v1" }],
  ["ES384", { hash: "sha384", key: "ec", curve: "secp384r1" }],
  ["ES512", { hash: "sha512", key: "ec", curve: "secp521r1" }],
]);

export interface TokenVerifierParts {
  readonly keys: SigningKeys;
  readonly client: KubeClient;
  readonly signal: AbortSignal;
  /** The wall clock, for validity. */
  readonly now: () => Date;
  /** Whether this address may cause one more question to the API server. */
  readonly mayAsk: (peer: string) => boolean;
  readonly refused: RefusedTokens;
  /** Told how a token was checked: with the published keys, or by a review of the API server. */
  readonly checked: (by: TokenCheck) => void;
}

export type TokenCheck = "keys" | "review";

/**
 * Whom the header `authorization` of this address was issued to. What is wrong by the token's own words is refused first, so
 * that nobody makes the API server work with tokens that were never any good. Rejects with {@link StreamClosed}.
 */
export async function verifyToken(
  parts: TokenVerifierParts,
  authorization: string | undefined,
  peer: string,
): Promise<PodBearer> {
  const text = /^bearer +(\S+)$/i.exec(authorization ?? "")?.[1];
  if (text === undefined) {
    throw new StreamClosed("no-token", "there is no token: expected the header authorization with a bearer token");
  }
  const token = parseToken(text);
  checkClaims(token, parts.now().getTime());
  const algorithm = ALGORITHMS.get(token.algorithm);
  if (algorithm === undefined || token.signature.length === 0) {
    const known = [...ALGORITHMS.keys()].join(", ");
    throw new StreamClosed(
      "bad-signature",
      `the token is not signed as those of a cluster are: expected one of ${known}`,
    );
  }
  if (parts.refused.has(text)) {
    throw new StreamClosed("bad-signature", "the API server did not take the token for genuine a moment ago");
  }
  const found = await parts.keys.find(token.keyId);
  if (found.kind === "found" && fits(algorithm, found.key)) {
    parts.checked("keys");
    if (!isSignedBy(token, algorithm, found.key)) {
      throw new StreamClosed("bad-signature", "the token's signature is not the one of this cluster");
    }
    if (token.issuer === found.issuer) return token.bearer;
    // an API server with several issuers publishes the first one only
  }
  if (!parts.mayAsk(peer)) {
    throw new StreamClosed("token-not-checkable", "too many tokens have to be asked about now: try again");
  }
  parts.checked("review");
  try {
    await reviewToken(parts.client, text, token.bearer, parts.signal);
  } catch (error) {
    if (error instanceof StreamClosed && error.code === "bad-signature") parts.refused.add(text);
    throw error;
  }
  return token.bearer;
}

function checkClaims({ audiences, expires, notBefore }: UnverifiedToken, now: number): void {
  if (!audiences.includes(TOKEN_AUDIENCE)) {
    const found = audiences.length === 0 ? "none" : "another one";
    throw new StreamClosed("wrong-audience", `the token's audience is ${found}: expected ${TOKEN_AUDIENCE}`);
  }
  if (expires * 1000 <= now) throw new StreamClosed("expired-token", "the token has expired");
  if (notBefore * 1000 > now + CONTROL_PLANE_LIMITS.clockSkew) {
    throw new StreamClosed("expired-token", "the token is not valid yet: do the clocks agree?");
  }
}

/** A key is used with the one algorithm that is meant for it. */
function fits(wanted: Algorithm, key: KeyObject): boolean {
  return (
    key.asymmetricKeyType === wanted.key &&
    (wanted.curve === undefined || key.asymmetricKeyDetails?.namedCurve === wanted.curve)
  );
}

function isSignedBy({ signed, signature }: UnverifiedToken, { hash }: Algorithm, key: KeyObject): boolean {
  return verify(hash, Buffer.from(signed), { key, dsaEncoding: "ieee-p1363" }, signature);
}
