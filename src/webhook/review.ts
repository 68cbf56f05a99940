import { decodeEnvelope, type Refused, type ReviewIdentity, shown } from "../admission/review.ts";
import { isObject, type Json, type JsonObject, member, stringOf } from "../model/json.ts";

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

/** Reads the body of a call about a pod. Never throws. */
export function decodeReview(body: Buffer): Decoded {
  const enveloped = decodeEnvelope(body);
  if (enveloped.kind !== "review") return enveloped;
  const review = describe(enveloped.request, enveloped.identity);
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
