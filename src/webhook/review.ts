import { isObject, type Json, type JsonObject, member, stringOf } from "../model/json.ts";
import { LIMITS } from "./limits.ts";
import { nestsDeeperThan } from "./nesting.ts";

/** The versions of `admission.k8s.io` that are understood; their reviews have the same members. */
const VERSIONS = ["admission.k8s.io/v1", "admission.k8s.io/v1beta1"] as const;
export type ReviewVersion = (typeof VERSIONS)[number];

/** What an answer must repeat. */
export interface ReviewIdentity {
  readonly apiVersion: ReviewVersion;
  readonly uid: string;
}

/** An admission review, reduced to what is used of it. */
export interface Review extends ReviewIdentity {
  readonly operation: string;
  /** True when the request is about a pod itself, not about a subresource such as `pods/ephemeralcontainers`. */
  readonly isPod: boolean;
  /** The request's namespace: the pod's own may still be empty. */
  readonly namespace: string;
  readonly dryRun: boolean;
  readonly user: string;
  readonly object: Json | undefined;
}

export type Decoded = { readonly kind: "review"; readonly review: Review } | Refused;

/** A request that never reaches the rules. */
export type Refused =
  /** Can be answered as a review: denied with this message. */
  | {
      readonly kind: "denied";
      readonly identity: ReviewIdentity;
      readonly problem: ReviewFault;
      readonly message: string;
    }
  /** Is no review that could be answered as one: HTTP 400. */
  | { readonly kind: "bad-request"; readonly problem: ReviewFault; readonly message: string };

/** Why a request never reached the rules: a fixed set, safe as a metric label. */
export const REVIEW_FAULTS = [
  "too-large",
  "too-deep",
  "not-json",
  "not-a-review",
  "unknown-version",
  "missing-uid",
  "missing-object",
] as const;
export type ReviewFault = (typeof REVIEW_FAULTS)[number];

/**
 * Reads the body of a call (UTF-8 JSON). Where a member occurs twice the last one counts, as in Go's decoder.
 * Never throws.
 */
export function decodeReview(body: Buffer): Decoded {
  if (nestsDeeperThan(body, LIMITS.nesting)) {
    const message = `the review nests objects and lists more than ${LIMITS.nesting} levels deep; a pod needs about 20`;
    return refusal(body, "too-deep", message);
  }
  const value = parse(body);
  if (value instanceof SyntaxError) {
    const message = `the body (${body.length} bytes) is not JSON: expected an AdmissionReview as UTF-8 JSON`;
    return { kind: "bad-request", problem: "not-json", message };
  }
  return reviewOf(value);
}

/** The answer to a body above the limit, from its beginning: a denial when that tells version and UID. */
export function tooLarge(beginning: Buffer): Refused {
  const limit = `${LIMITS.bodyBytes / 1024 / 1024} MiB`;
  return refusal(
    beginning,
    "too-large",
    `the review is larger than ${limit}, more than any pod that an API server accepts`,
  );
}

function reviewOf(value: unknown): Decoded {
  const kind = member(value as Json, "kind");
  const apiVersion = member(value as Json, "apiVersion");
  if (!isObject(value) || kind !== "AdmissionReview") {
    return badRequest("not-a-review", `kind is ${shown(kind)}: expected AdmissionReview of ${VERSIONS.join(" or ")}`);
  }
  const version = VERSIONS.find((known) => known === apiVersion);
  if (version === undefined) {
    return badRequest("unknown-version", `apiVersion is ${shown(apiVersion)}: expected ${VERSIONS.join(" or ")}`);
  }
  const request = member(value, "request");
  const uid = member(request, "uid");
  if (!isObject(request) || typeof uid !== "string" || uid === "") {
    return badRequest("missing-uid", "request.uid is missing: without it no answer could be told from another");
  }
  const review = describe(request, { apiVersion: version, uid });
  if (review.isPod && review.operation === "CREATE" && !isObject(review.object)) {
    const message = `request.object is ${shown(review.object)}: expected the pod that is to be created`;
    return { kind: "denied", identity: review, problem: "missing-object", message };
  }
  return { kind: "review", review };
}

function describe(request: JsonObject, { apiVersion, uid }: ReviewIdentity): Review {
  return {
    apiVersion,
    uid,
    operation: stringOf(member(request, "operation")) ?? "",
    isPod: isPod(request),
    namespace: stringOf(member(request, "namespace")) ?? "",
    dryRun: member(request, "dryRun") === true,
    user: stringOf(member(member(request, "userInfo"), "username")) ?? "",
    object: member(request, "object"),
  };
}

function isPod(request: JsonObject): boolean {
  const kind = member(request, "kind");
  const resource = member(request, "resource");
  return (
    member(kind, "kind") === "Pod" &&
    (member(kind, "group") ?? "") === "" &&
    (member(resource, "resource") ?? "pods") === "pods" &&
    (member(request, "subResource") ?? "") === ""
  );
}

/**
 * The beginning of a review up to the first bracket within its request; the API server writes version and UID there.
 * Nothing that a pod says stands before a bracket, so nothing of it is taken for the identity.
 */
const BEGINNING = /^\s*\{([^{}[\]]*)"request"\s*:\s*\{([^{}[\]]*)/;
const API_VERSION = /"apiVersion"\s*:\s*"([^"\\]*)"/;
const UID = /"uid"\s*:\s*"([A-Za-z0-9-]{1,128})"/;
const BEGINNING_BYTES = 4096;

function refusal(body: Buffer, problem: ReviewFault, message: string): Refused {
  const [, envelope = "", request = ""] = BEGINNING.exec(body.subarray(0, BEGINNING_BYTES).toString("latin1")) ?? [];
  const version = VERSIONS.find((known) => known === API_VERSION.exec(envelope)?.[1]);
  const uid = UID.exec(request)?.[1];
  if (version === undefined || uid === undefined) return badRequest(problem, message);
  return { kind: "denied", identity: { apiVersion: version, uid }, problem, message };
}

function badRequest(problem: ReviewFault, message: string): Refused {
  return { kind: "bad-request", problem, message };
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch (error) {
    // A text too long for a string is a RangeError; it cannot come here below the body limit.
    if (error instanceof SyntaxError) return error;
    throw error;
  }
}

function shown(value: Json | undefined): string {
  if (value === undefined) return "missing";
  if (typeof value === "string") return JSON.stringify(value.slice(0, 100));
  return Array.isArray(value) ? "a list" : value === null ? "null" : `of type ${typeof value}`;
}
