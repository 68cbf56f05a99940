import { isObject, type Json, type JsonObject, listOf, member, numberOf, stringOf } from "../../../model/json.ts";
import { StreamClosed } from "../../../xds/serve/stream-closed.ts";
import { CONTROL_PLANE_LIMITS } from "../../limits.ts";

/** What a service account token says, before anybody has verified it. */
export interface UnverifiedToken {
  readonly algorithm: string;
  /** Which key signed it; empty when it does not say. */
  readonly keyId: string;
  readonly issuer: string;
  readonly audiences: readonly string[];
  /** Seconds since 1970. */
  readonly expires: number;
  readonly notBefore: number;
  readonly bearer: PodBearer;
  /** What the signature is over, and the signature. */
  readonly signed: string;
  readonly signature: Buffer;
}

/** Whom a token was issued to. */
export interface PodBearer {
  readonly namespace: string;
  readonly pod: string;
  readonly podUid: string;
  readonly serviceAccount: string;
}

const BASE64URL = /^[A-Za-z0-9_-]+$/;

/**
 * Takes a token apart (RFC 7519; private claims as in Kubernetes' `pkg/serviceaccount/claims.go`). Throws
 * {@link StreamClosed} `malformed-token` or `not-a-pod`; nothing of the token stands in the message.
 */
export function parseToken(text: string): UnverifiedToken {
  const [head = "", body = "", signature = "", ...rest] =
    text.length <= CONTROL_PLANE_LIMITS.tokenCharacters ? text.split(".") : [];
  if (rest.length > 0 || ![head, body, signature].every((part) => BASE64URL.test(part))) {
    throw new StreamClosed("malformed-token", "the token is not a JSON Web Token of three parts");
  }
  const header = jsonOf(head);
  const claims = jsonOf(body);
  return {
    algorithm: stringOf(member(header, "alg")) ?? "",
    keyId: stringOf(member(header, "kid")) ?? "",
    issuer: stringOf(member(claims, "iss")) ?? "",
    audiences: audiencesOf(member(claims, "aud")),
    expires: numberOf(member(claims, "exp")) ?? 0,
    notBefore: numberOf(member(claims, "nbf")) ?? 0,
    bearer: bearerOf(member(claims, "kubernetes.io")),
    signed: `${head}.${body}`,
    signature: Buffer.from(signature, "base64url"),
  };
}

function jsonOf(part: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(part, "base64url").toString());
  } catch {
    // below
  }
  if (!isObject(value)) throw new StreamClosed("malformed-token", "a part of the token is not a JSON object");
  return value;
}

/** One audience may stand there without a list. */
function audiencesOf(value: Json | undefined): readonly string[] {
  return (typeof value === "string" ? [value] : listOf(value)).filter((entry) => typeof entry === "string");
}

function bearerOf(value: Json | undefined): PodBearer {
  const text = (parent: Json | undefined, key: string): string => stringOf(member(parent, key)) ?? "";
  const pod = member(value, "pod");
  const bearer = {
    namespace: text(value, "namespace"),
    pod: text(pod, "name"),
    podUid: text(pod, "uid"),
    serviceAccount: text(member(value, "serviceaccount"), "name"),
  };
  if (Object.values(bearer).includes("")) {
    const message =
      "the token is not bound to a pod: expected one of a projected volume, issued for the pod that presents it";
    throw new StreamClosed("not-a-pod", message);
  }
  return bearer;
}
