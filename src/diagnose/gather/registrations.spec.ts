import { expect, test } from "vitest";
import type { JsonObject } from "../../model/json.ts";
import { OBJECT_WEBHOOK_NAME } from "../../model/names.ts";
import type { Reading } from "../facts/reading.ts";
import type { ClusterReads } from "./cluster-reads.ts";
import { appMeshWebhooksOf, mutatingOnes, objectRegistrationsOf, readRegistrations } from "./registrations.ts";

const MUTATING = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations";
const VALIDATING = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations";
const OURS = { metadata: { name: OBJECT_WEBHOOK_NAME }, webhooks: [] } as const satisfies JsonObject;
const AWS = {
  metadata: { name: "appmesh" },
  webhooks: [{ name: "vmesh.appmesh.k8s.aws", rules: [{ apiGroups: ["appmesh.k8s.aws"] }] }],
} as const satisfies JsonObject;
const REFUSED = { kind: "refused", what: "list validatingwebhookconfigurations" } as const;

/** Notes every path that is listed. */
function cluster(mutating: readonly JsonObject[], validating: readonly JsonObject[] | typeof REFUSED) {
  const asked: string[] = [];
  const list = (path: string): Promise<Reading<readonly JsonObject[]>> => {
    asked.push(path);
    const found = path === MUTATING ? mutating : validating;
    return Promise.resolve("kind" in found ? found : { kind: "read", value: found });
  };
  return { reads: { list } as unknown as ClusterReads, asked };
}

test("each collection is listed once, and everything follows from that", async () => {
  const { reads, asked } = cluster([OURS], [OURS, AWS]);
  const all = await readRegistrations(reads);
  expect(asked).toEqual([MUTATING, VALIDATING]);
  expect(mutatingOnes(all)).toEqual({ kind: "read", value: [OURS] });
  expect(appMeshWebhooksOf(all)).toMatchObject({
    value: [{ kind: "ValidatingWebhookConfiguration", registration: "appmesh" }],
  });
  expect(objectRegistrationsOf(all)).toEqual({
    kind: "read",
    value: [
      { ...OURS, kind: "MutatingWebhookConfiguration" },
      { ...OURS, kind: "ValidatingWebhookConfiguration" },
    ],
  });
});

test("of a kind that may not be listed what was found elsewhere counts, but nobody says that ours are missing", async () => {
  const all = await readRegistrations(cluster([AWS], REFUSED).reads);
  expect(appMeshWebhooksOf(all)).toMatchObject({ kind: "read", value: [{ registration: "appmesh" }] });
  expect(objectRegistrationsOf(all)).toEqual(REFUSED);
  expect(appMeshWebhooksOf(await readRegistrations(cluster([], REFUSED).reads))).toEqual(REFUSED);
});
