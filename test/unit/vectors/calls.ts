import type { JsonObject } from "../../../src/model/json.ts";
import { NGINX, review } from "../../webhook-harness.ts";
import type { Difference } from "./vector.ts";

/** A call of the webhook whose answer under the old programs is known. */
export interface CallVector {
  readonly id: string;
  readonly given: string;
  readonly old: string;
  readonly difference?: Difference;
  readonly body: JsonObject;
  readonly contentType: string;
  /** Status, and what the response says; `undefined` for an answer that is no review. */
  readonly status: number;
  readonly response: { readonly uid: string; readonly allowed: boolean; readonly patched: boolean } | undefined;
}

const JSON_TYPE = "application/json";
const UID = "705ab4f5-6393-11e8-b7cc-42010a800002";
const asked = (changes: JsonObject = {}, version = "v1", object: unknown = NGINX) =>
  review(object, { uid: UID, ...changes }, version);
const patched = { uid: UID, allowed: true, patched: true };
const untouched = { uid: UID, allowed: true, patched: false };

export const CALLS: readonly CallVector[] = [
  {
    id: "review v1beta1",
    given: "a review of version v1beta1",
    old: "both: answered",
    body: asked({}, "v1beta1"),
    contentType: JSON_TYPE,
    status: 200,
    response: patched,
  },
  {
    id: "review v1",
    given: "a review of version v1",
    old: "injector: answered without version and kind, which v1 does not accept",
    difference: { ours: "answered in the version that was asked", decidedBy: "I12" },
    body: asked(),
    contentType: JSON_TYPE,
    status: 200,
    response: patched,
  },
  {
    id: "content type with charset",
    given: "content type `application/json; charset=utf-8`",
    old: "injector: HTTP 415, so the pod is created without a sidecar",
    difference: { ours: "accepted", decidedBy: "I12" },
    body: asked(),
    contentType: "application/json; charset=utf-8",
    status: 200,
    response: patched,
  },
  {
    id: "wrong content type",
    given: "content type `text/plain`",
    old: "both: an HTTP error",
    body: asked(),
    contentType: "text/plain",
    status: 415,
    response: undefined,
  },
  {
    id: "V18 missing UID",
    given: "a review without a UID",
    old: "injector: not allowed, without a UID; controller: the empty UID is echoed",
    difference: { ours: "HTTP 400 with the reason: no answer could be told from another", decidedBy: "I12" },
    body: asked({ uid: "" }),
    contentType: JSON_TYPE,
    status: 400,
    response: undefined,
  },
  {
    id: "missing object",
    given: "the creation of a pod without the pod",
    old: "both: not allowed; the injector without the UID",
    difference: { ours: "not allowed, with the UID and the reason", decidedBy: "I12" },
    body: asked({}, "v1", null),
    contentType: JSON_TYPE,
    status: 200,
    response: { uid: UID, allowed: false, patched: false },
  },
  {
    id: "dry run",
    given: "a dry run",
    old: "injector: the API server refuses it, for the registration does not say that it has no side effects",
    difference: { ours: "the same answer as without", decidedBy: "I20" },
    body: asked({ dryRun: true }),
    contentType: JSON_TYPE,
    status: 200,
    response: patched,
  },
  ...["UPDATE", "DELETE", "CONNECT"].map((operation) => ({
    id: `review of ${operation}`,
    given: `a review of operation ${operation}`,
    old: "controller: allowed unchanged",
    body: asked({ operation }),
    contentType: JSON_TYPE,
    status: 200,
    response: untouched,
  })),
  {
    id: "another kind",
    given: "the creation of something else than a pod",
    old: "injector: read as a pod",
    difference: { ours: "allowed unchanged", decidedBy: "rule: only pods" },
    body: asked({
      kind: { group: "", version: "v1", kind: "ConfigMap" },
      resource: { group: "", version: "v1", resource: "configmaps" },
    }),
    contentType: JSON_TYPE,
    status: 200,
    response: untouched,
  },
];
