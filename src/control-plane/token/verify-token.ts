import { type KeyObject, verify } from "node:crypto";
import type { KubeClient } from "../../kube/client.ts";
import { TOKEN_AUDIENCE } from "../../model/names.ts";
import { StreamClosed } from "../../xds/serve/stream-closed.ts";
import { CONTROL_PLANE_LIMITS } from "../limits.ts";
import { type PodBearer, parseToken, type UnverifiedToken } from "./jwt.ts";
import type { SigningKeys } from "./signing-keys.ts";
import { reviewToken } from "./token-review.ts";

/** Signatures that are verified here; of another kind the API server is asked. */
const ALGORITHMS: Readonly<Record<string, { readonly key: string; readonly curve?: string }>> = {
  RS256: { key: "rsa" },
  ES256: { key: "ec", curve: "prime256v1" },
};

export interface TokenVerifierParts {
  readonly keys: SigningKeys;
  readonly client: KubeClient;
  readonly signal: AbortSignal;
  /** The wall clock, for validity. */
  readonly now: () => Date;
  /** Whether one more question to the API server is allowed. */
  readonly mayAsk: () => boolean;
  /** Told how a token was checked: with the published keys, or by a review of the API server. */
  readonly checked: (by: TokenCheck) => void;
}

export type TokenCheck = "keys" | "review";

/**
 * Whom the header `authorization` was issued to. What is wrong by the token's own words is refused first, so that nobody makes
 * the API server work with tokens that were never any good. Rejects with {@link StreamClosed}.
 */
export async function verifyToken(parts: TokenVerifierParts, authorization: string | undefined): Promise<PodBearer> {
  const text = /^bearer +(\S+)$/i.exec(authorization ?? "")?.[1];
  if (text === undefined) {
    throw new StreamClosed("no-token", "there is no token: expected the header authorization with a bearer token");
  }
  const token = parseToken(text);
  checkClaims(token, parts.now().getTime());
  const found = await parts.keys.find(token.keyId);
  if (found.kind === "found" && fits(token.algorithm, found.key)) {
    parts.checked("keys");
    if (!isSignedBy(token, found.key)) {
      throw new StreamClosed("bad-signature", "the token's signature is not the one of this cluster");
    }
    if (token.issuer === found.issuer) return token.bearer;
    // an API server with several issuers publishes the first one only
  }
  if (!parts.mayAsk()) {
    throw new StreamClosed("token-not-checkable", "too many tokens have to be asked about now: try again");
  }
  parts.checked("review");
  await reviewToken(parts.client, text, token.bearer, parts.signal);
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
function fits(algorithm: string, key: KeyObject): boolean {
  const wanted = Object.hasOwn(ALGORITHMS, algorithm) ? ALGORITHMS[algorithm] : undefined;
  return (
    wanted !== undefined &&
    key.asymmetricKeyType === wanted.key &&
    (wanted.curve === undefined || key.asymmetricKeyDetails?.namedCurve === wanted.curve)
  );
}

function isSignedBy({ signed, signature }: UnverifiedToken, key: KeyObject): boolean {
  return verify("sha256", Buffer.from(signed), { key, dsaEncoding: "ieee-p1363" }, signature);
}
