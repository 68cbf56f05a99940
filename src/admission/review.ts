import { isObject, type Json, type JsonObject, member } from "../model/json.ts";
import { ADMISSION_LIMITS } from "./limits.ts";
import { nestsDeeperThan } from "./nesting.ts";

/** The versions of `admission.k8s.io` that are understood; their reviews have the same members. */
const VERSIONS = ["admission.k8s.io/v1", "admission.k8s.io/v1beta1"] as const;
export type ReviewVersion = (typeof VERSIONS)[number];

/** What an answer must repeat. */
export interface ReviewIdentity {
  readonly apiVersion: ReviewVersion;
  readonly uid: string;
}

/** A review as it came: what it asks is for the one who answers to read. */
export interface EnvelopedReview {
  readonly kind: "review";
  readonly identity: ReviewIdentity;
  readonly request: JsonObject;
}

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
export function decodeEnvelope(body: Buffer): EnvelopedReview | Refused {
  if (nestsDeeperThan(body, ADMISSION_LIMITS.nesting)) {
    const message = `the review nests objects and lists more than ${ADMISSION_LIMITS.nesting} levels deep; what a cluster stores needs about 20`;
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
  const limit = `${ADMISSION_LIMITS.bodyBytes / 1024 / 1024} MiB`;
  return refusal(
    beginning,
    "too-large",
    `the review is larger than ${limit}, more than any object that an API server accepts`,
  );
}

function reviewOf(value: unknown): EnvelopedReview | Refused {
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
  return { kind: "review", identity: { apiVersion: version, uid }, request };
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

/** What stands in the place of something that was expected. */
export function shown(value: Json | undefined): string {
  if (value === undefined) return "missing";
  if (typeof value === "string") return JSON.stringify(value.slice(0, 100));
  return Array.isArray(value) ? "a list" : value === null ? "null" : `of type ${typeof value}`;
}
