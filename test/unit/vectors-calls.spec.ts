import { get } from "node:http";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { call, parsed, patchOf, type TestWebhook, testWebhook } from "../webhook-harness.ts";
import { CALLS } from "./vectors/calls.ts";

let t: TestWebhook;

beforeAll(async () => {
  t = await testWebhook();
});
afterAll(() => t.stop());

describe.each(["/", "/mutate-v1-pod"])("on the path %s of an old registration:", (path) => {
  test.each(CALLS.map((vector) => [`${vector.id}: ${vector.given}`, vector] as const))("%s", async (_name, vector) => {
    const answer = await call(t, JSON.stringify(vector.body), { "content-type": vector.contentType }, { path });
    expect(answer.status).toBe(vector.status);
    if (vector.response === undefined) {
      expect(answer.text).not.toContain('AdmissionReview"');
      return;
    }
    const { apiVersion, kind, response } = parsed(answer);
    expect({ apiVersion, kind }).toEqual({ apiVersion: vector.body["apiVersion"], kind: "AdmissionReview" });
    const { uid, allowed } = response;
    expect({ uid, allowed, patched: patchOf(parsed(answer)).length > 0 }).toEqual(vector.response);
    if (!allowed) expect(response.status?.message).toContain("expected the pod");
  });
});

test("TestServer_Health: /healthz answers 200, beside the metrics", async () => {
  const status = await new Promise<number | undefined>((resolve, reject) => {
    get({ ...t.webhook.metricsAddress, path: "/healthz" }, (response) => {
      void text(response).then(() => resolve(response.statusCode), reject);
    }).on("error", reject);
  });
  expect(status).toBe(200);
});
