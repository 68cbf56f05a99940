import { type Json, type JsonObject, listOf, objectOf, objectsOf } from "../src/model/json.ts";
import { review } from "./webhook-harness.ts";

/** What differs between two pods that a controller creates from one template. */
export interface OnePod {
  readonly uid: string;
  /** Five characters. */
  readonly suffix: string;
  /** Such as `2026-11-28T09:00:00Z`. */
  readonly time: string;
}

/** So many pods, no two of them alike. */
export function onePod(index: number): OnePod {
  const letters = "bcdfghjklm";
  const digits = String(index).padStart(5, "0");
  return {
    uid: `00000000-0000-4000-8000-0000000${digits}`,
    suffix: Array.from(digits, (digit) => letters.charAt(Number(digit))).join(""),
    time: `2026-11-28T09:0${digits.at(-1)}:00Z`,
  };
}

/** The review of a pod as an API server sends it. */
export function reviewOf(template: JsonObject, namespace: string, one: OnePod): Buffer {
  return Buffer.from(JSON.stringify(review(podOf(template, namespace, one), { uid: one.uid, namespace })));
}

/** The pod in it: with the volume of its token in every container, and who wrote what. */
export function podOf(template: JsonObject, namespace: string, { suffix, time }: OnePod): JsonObject {
  const metadata = objectOf(template["metadata"]);
  const spec = objectOf(template["spec"]);
  const name = `kube-api-access-${suffix}`;
  const mount = { name, readOnly: true, mountPath: "/var/run/secrets/kubernetes.io/serviceaccount" };
  const mounted = (containers: Json | undefined): Json =>
    objectsOf(containers).map((container) => ({
      ...container,
      volumeMounts: [...listOf(container["volumeMounts"]), mount],
    }));
  const volume = {
    name,
    projected: { sources: [{ serviceAccountToken: { expirationSeconds: 3607, path: "token" } }] },
  };
  const managed = { manager: "kube-controller-manager", operation: "Update", apiVersion: "v1", time, fieldsV1: {} };
  return {
    ...template,
    metadata: { ...metadata, namespace, managedFields: [managed] },
    spec: {
      ...spec,
      volumes: [...listOf(spec["volumes"]), volume],
      ...(Array.isArray(spec["initContainers"]) && { initContainers: mounted(spec["initContainers"]) }),
      containers: mounted(spec["containers"]),
    },
  };
}
