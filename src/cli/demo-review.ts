import { randomUUID } from "node:crypto";
import { request } from "node:https";
import type { PatchOperation } from "../inject/json-patch.ts";
import { type JsonObject, member, stringOf } from "../model/json.ts";

/** What a webhook answered about one pod. */
export interface ReviewAnswer {
  readonly allowed: boolean;
  /** Why not, when it is not allowed. */
  readonly message: string;
  readonly patch: readonly PatchOperation[];
}

/** The review that an API server sends when the pod is created (admission.k8s.io/v1). */
export function admissionReview(pod: JsonObject): JsonObject {
  const metadata = member(pod, "metadata");
  return {
    apiVersion: "admission.k8s.io/v1",
    kind: "AdmissionReview",
    request: {
      uid: randomUUID(),
      kind: { group: "", version: "v1", kind: "Pod" },
      resource: { group: "", version: "v1", resource: "pods" },
      requestKind: { group: "", version: "v1", kind: "Pod" },
      requestResource: { group: "", version: "v1", resource: "pods" },
      name: stringOf(member(metadata, "name")) ?? "",
      namespace: stringOf(member(metadata, "namespace")) ?? "default",
      operation: "CREATE",
      userInfo: { username: "outrigger-demo" },
      object: pod,
      oldObject: null,
      dryRun: false,
      options: { apiVersion: "meta.k8s.io/v1", kind: "CreateOptions" },
    },
  };
}

/** Sends a review over HTTPS, trusting only the given authority. Rejects when the answer is no review of that request. */
export async function askWebhook(url: string, authority: string, review: JsonObject): Promise<ReviewAnswer> {
  const { status, body } = await post(url, authority, JSON.stringify(review));
  if (status !== 200) throw new Error(`${url} answered ${status}: ${body}`);
  const response = member(JSON.parse(body) as JsonObject, "response");
  const uid = member(member(review, "request"), "uid");
  if (member(response, "uid") !== uid) throw new Error(`${url} answered another request than the one it was sent`);
  const patch = stringOf(member(response, "patch"));
  return {
    allowed: member(response, "allowed") === true,
    message: stringOf(member(member(response, "status"), "message")) ?? "",
    patch: patch === undefined ? [] : (JSON.parse(Buffer.from(patch, "base64").toString()) as PatchOperation[]),
  };
}

function post(url: string, ca: string, body: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json" };
    const call = request(url, { method: "POST", ca, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }));
    });
    call.on("error", reject);
    call.end(body);
  });
}
