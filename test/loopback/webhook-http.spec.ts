import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { applyPatch } from "../../src/inject/json-patch.ts";
import type { JsonObject } from "../../src/model/json.ts";
import {
  call,
  containersAfter,
  NGINX,
  parsed,
  patchOf,
  review,
  type TestWebhook,
  testWebhook,
} from "../webhook-harness.ts";

let t: TestWebhook;
beforeAll(async () => {
  t = await testWebhook();
});
afterAll(() => t.stop());

function uidOf(request: JsonObject): string {
  return (request["request"] as { uid: string }).uid;
}

describe("reviews", () => {
  test.each(["v1", "v1beta1"])("%s is answered in its own version, with its UID and a patch", async (version) => {
    const asked = review(NGINX, {}, version);
    const answer = await call(t, JSON.stringify(asked));
    expect(answer.status).toBe(200);
    expect(answer.headers["content-type"]).toBe("application/json");
    const { apiVersion, kind, response } = parsed(answer);
    expect([apiVersion, kind, response.uid]).toEqual([`admission.k8s.io/${version}`, "AdmissionReview", uidOf(asked)]);
    expect([response.allowed, response.patchType]).toEqual([true, "JSONPatch"]);
    expect(containersAfter(NGINX, parsed(answer))).toEqual(["envoy", "proxyinit", "nginx"]);
  });

  test.each(["/", "/mutate-v1-pod", "/mutate-v1-pod?timeout=10s"])("the path %s injects", async (path) => {
    const answer = await call(t, JSON.stringify(review(NGINX)), undefined, { path });
    expect(patchOf(parsed(answer)).length).toBeGreaterThan(0);
  });

  test("what was decided stands in the audit annotations", async () => {
    const { response } = parsed(await call(t, JSON.stringify(review(NGINX))));
    expect(response.auditAnnotations).toEqual({
      outcome: "inject",
      reason: "injected",
      mesh: "test",
      "virtual-node": "appmesh-inject-test-nginx",
    });
  });

  test("a dry run gets the same patch", async () => {
    const real = parsed(await call(t, JSON.stringify(review(NGINX))));
    const dry = parsed(await call(t, JSON.stringify(review(NGINX, { dryRun: true }))));
    expect(dry.response.patch).toBe(real.response.patch);
  });

  test("an injected pod that comes again is allowed without a patch", async () => {
    const injected = applyPatch(NGINX, patchOf(parsed(await call(t, JSON.stringify(review(NGINX))))));
    const { response } = parsed(await call(t, JSON.stringify(review(injected))));
    expect(response.allowed).toBe(true);
    expect(response.patch).toBeUndefined();
    expect(response.patchType).toBeUndefined();
    expect(response.auditAnnotations?.["reason"]).toBe("already-injected");
  });

  test("a denial says what, where and why, as status 403", async () => {
    const pod = { ...NGINX, metadata: { name: "nginx", annotations: { "appmesh.k8s.aws/ports": "eighty" } } };
    const { response } = parsed(await call(t, JSON.stringify(review(pod))));
    expect(response.allowed).toBe(false);
    expect(response.status).toMatchObject({ code: 403, reason: "Forbidden" });
    expect(response.status?.message).toContain("appmesh.k8s.aws/ports");
    expect(response.status?.message).toContain("eighty");
    expect(response.status?.message).toContain("bad-annotation");
    expect(response.patch).toBeUndefined();
  });

  test("a warning reaches the user", async () => {
    const pod = { ...NGINX, metadata: { name: "nginx", annotations: { "appmesh.k8s.aws/port": "80" } } };
    const { response } = parsed(await call(t, JSON.stringify(review(pod))));
    expect(response.allowed).toBe(true);
    expect(response.warnings?.join()).toContain("appmesh.k8s.aws/port");
    for (const warning of response.warnings ?? []) expect(warning.length).toBeLessThanOrEqual(256);
  });

  test("text beyond ASCII arrives whole, in warnings before a patch and in denials", async () => {
    const annotated = (key: string): JsonObject => {
      const annotations = { [`appmesh.k8s.aws/${key}`]: "ü€𝄞" };
      return { ...NGINX, metadata: { name: "nginx", annotations } };
    };
    const warned = parsed(await call(t, JSON.stringify(review(annotated("preview")))));
    expect(warned.response.warnings?.join()).toContain('"ü€𝄞"');
    expect(patchOf(warned).length).toBeGreaterThan(0);
    const denied = parsed(await call(t, JSON.stringify(review(annotated("ports")))));
    expect(denied.response.status?.message).toContain('"ü€𝄞"');
  });

  test.each([
    ["an update", { operation: "UPDATE" }],
    ["a deletion without an object", { operation: "DELETE", object: null }],
    ["a connection", { operation: "CONNECT" }],
    ["a subresource", { subResource: "ephemeralcontainers" }],
    ["another resource", { resource: { group: "", version: "v1", resource: "pods/exec" } }],
    ["another kind", { kind: { group: "apps", version: "v1", kind: "Deployment" } }],
    ["a Pod of another group", { kind: { group: "example.com", version: "v1", kind: "Pod" } }],
    ["no operation at all", { operation: undefined }],
  ])("%s is allowed unchanged", async (_what, changes) => {
    const { response } = parsed(await call(t, JSON.stringify(review(NGINX, changes))));
    expect(response.allowed).toBe(true);
    expect(response.patch).toBeUndefined();
    expect(response.auditAnnotations).toEqual({ outcome: "skip", reason: "not-a-create" });
  });

  test("a value of 1 MB of `<` gets its sidecar although escaping makes 6 MB of it", async () => {
    const pod = { ...NGINX, metadata: { name: "nginx", annotations: { big: "<".repeat(1_000_000 / 4) } } };
    const container = { name: "nginx", image: "nginx", env: [{ name: "BIG", value: "<".repeat(1_000_000) }] };
    const body = JSON.stringify(review({ ...pod, spec: { containers: [container] } })).replaceAll("<", "\\u003c");
    expect(body.length).toBeGreaterThan(6_000_000);
    const answer = parsed(await call(t, body));
    expect(answer.response.allowed).toBe(true);
    expect(patchOf(answer).length).toBeGreaterThan(0);
  });

  test("of a member that occurs twice the last one counts, as for the API server", async () => {
    const skipped = '"hostNetwork":false,"hostNetwork":true,"containers"';
    const body = JSON.stringify(review(NGINX)).replace('"containers"', skipped);
    expect(parsed(await call(t, body)).response.auditAnnotations?.["reason"]).toBe("host-network");
    const injected = '"hostNetwork":true,"hostNetwork":false,"containers"';
    const other = JSON.stringify(review(NGINX)).replace('"containers"', injected);
    expect(parsed(await call(t, other)).response.auditAnnotations?.["reason"]).toBe("injected");
  });

  test("__proto__ and constructor are names like any other, at every level", async () => {
    const poison =
      '"__proto__":{"polluted":"yes","hostNetwork":true,"isPod":false},"constructor":{"prototype":{"polluted":1}},';
    const body = JSON.stringify(review(NGINX))
      .replace('"request":{', `"request":{${poison}`)
      .replace('"spec":{', `"spec":{${poison}`)
      .replace('"labels":{', '"labels":{"__proto__":"x",');
    const answer = parsed(await call(t, body));
    expect(answer.response.auditAnnotations?.["reason"]).toBe("injected");
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
    expect(JSON.stringify(patchOf(answer))).not.toContain("polluted");
  });

  test("members only inherited from __proto__ do not count", async () => {
    const body = JSON.stringify(review(NGINX)).replace('"uid":', '"__proto__":{"uid":"inherited"},"other":');
    expect((await call(t, body)).status).toBe(400);
  });
});

describe("requests that are no reviews", () => {
  test.each([
    ["text/plain", 415],
    ["application/jsonx", 415],
    ["application/xml; application/json", 415],
    ["", 415],
    ["application/json", 200],
    ["application/json; charset=utf-8", 200],
    ["Application/JSON;charset=UTF-8", 200],
  ])("content type %j gets status %i", async (type, status) => {
    const answer = await call(t, JSON.stringify(review(NGINX)), { "content-type": type });
    expect(answer.status).toBe(status);
    if (status === 415) expect(answer.text).toContain("expected application/json");
  });

  test("no content type at all gets status 415", async () => {
    expect((await call(t, "{}", {})).status).toBe(415);
  });

  test.each([
    ["an empty body", "", "is not JSON"],
    ["a truncated review", JSON.stringify(review(NGINX)).slice(0, 500), "is not JSON"],
    ["text", "hello", "is not JSON"],
    ["bytes that are not UTF-8", Buffer.from([0xff, 0xfe, 0x00]), "is not JSON"],
    ["null", "null", "kind is missing"],
    ["a list", "[]", "kind is missing"],
    ["a pod instead of a review", JSON.stringify(NGINX), 'kind is "Pod"'],
    ["a review of an unknown version", JSON.stringify(review(NGINX, {}, "v2")), '"admission.k8s.io/v2"'],
    ["a review of another group", JSON.stringify({ ...review(NGINX), apiVersion: "v1" }), 'apiVersion is "v1"'],
    ["a review without a request", JSON.stringify({ ...review(NGINX), request: null }), "request.uid is missing"],
    ["a review without a UID", JSON.stringify(review(NGINX, { uid: undefined })), "request.uid is missing"],
    ["a review with an empty UID", JSON.stringify(review(NGINX, { uid: "" })), "request.uid is missing"],
    ["a review with a number as UID", JSON.stringify(review(NGINX, { uid: 7 })), "request.uid is missing"],
  ])("%s gets status 400 and a reason", async (_what, body, reason) => {
    const answer = await call(t, body);
    expect(answer.status).toBe(400);
    expect(answer.text).toContain(reason);
  });

  test.each([
    ["missing", undefined],
    ["null", null],
    ["text", "pod"],
    ["a list", [NGINX]],
    ["a number", 1],
  ])("a creation whose object is %s is denied with its UID", async (_what, object) => {
    const asked = review(object);
    const { response } = parsed(await call(t, JSON.stringify(asked)));
    expect([response.uid, response.allowed]).toEqual([uidOf(asked), false]);
    expect(response.status?.message).toContain("request.object is");
  });

  test.each(["GET", "PUT", "DELETE", "OPTIONS"])("%s gets status 405", async (method) => {
    const answer = await call(t, "", { "content-type": "application/json" }, { method });
    expect([answer.status, answer.headers["allow"]]).toEqual([405, "POST"]);
  });

  test("another path gets status 404", async () => {
    expect((await call(t, "{}", undefined, { path: "/metrics" })).status).toBe(404);
  });

  test("objects nested ten thousand deep are denied with their UID", async () => {
    const nested = `${'{"a":'.repeat(10_000)}1${"}".repeat(10_000)}`;
    const asked = review({ ...NGINX, extra: "NESTED" });
    const { response } = parsed(await call(t, JSON.stringify(asked).replace('"NESTED"', nested)));
    expect([response.uid, response.allowed]).toEqual([uidOf(asked), false]);
    expect(response.status?.message).toContain("128 levels");
  });

  test("brackets without end are refused without being built", async () => {
    const answer = await call(t, "[".repeat(5_000_000));
    expect(answer.status).toBe(400);
    expect(answer.text).toContain("128 levels");
  });

  test("30 MiB are denied with the UID and a reason, and the connection lives on", async () => {
    const asked = review({ ...NGINX, extra: "x".repeat(30 * 1024 * 1024) });
    const { response } = parsed(await call(t, JSON.stringify(asked)));
    expect([response.uid, response.allowed]).toEqual([uidOf(asked), false]);
    expect(response.status?.message).toContain("larger than 20 MiB");
    expect(parsed(await call(t, JSON.stringify(review(NGINX)))).response.allowed).toBe(true);
  });

  test("a UID that only the pod of a too large review tells is not taken for the review's", async () => {
    const { uid: _, ...request } = review(NGINX)["request"] as Record<string, unknown>;
    const object = { metadata: { uid: "not-the-request" }, extra: "x".repeat(21 * 1024 * 1024) };
    const body = JSON.stringify({
      kind: "AdmissionReview",
      apiVersion: "admission.k8s.io/v1",
      request: { ...request, object },
    });
    const answer = await call(t, body);
    expect(answer.status).toBe(400);
    expect(answer.text).not.toContain("not-the-request");
  });
});

describe("what is told to others", () => {
  test("a log line names the review and the decision, never what the pod holds", async () => {
    const secret = "s3cret-value";
    const pod = {
      ...NGINX,
      metadata: { name: "nginx", annotations: { note: secret } },
      spec: { containers: [{ name: "nginx", image: "nginx", env: [{ name: "PASSWORD", value: secret }] }] },
    };
    const uid = 'forged"level":"error"';
    const asked = review(pod, { uid });
    await call(t, JSON.stringify(asked));
    await call(t, JSON.stringify(review(pod)).slice(0, -20));
    const line = t.lines.find((entry) => entry.includes("forged")) ?? "";
    expect(JSON.parse(line)).toMatchObject({
      level: "info",
      outcome: "inject",
      reason: "injected",
      operation: "CREATE",
    });
    expect(line.trimEnd()).not.toContain("\n");
    expect(t.lines.join("")).not.toContain(secret);
  });

  test("calls are counted by outcome and reason, and nothing that a pod says becomes a label", async () => {
    const pod = { ...NGINX, metadata: { name: "nginx", annotations: { "appmesh.k8s.aws/mesh": "label-of-a-pod" } } };
    await call(t, JSON.stringify(review(pod)));
    const text = await metrics();
    expect(text).toMatch(/outrigger_admission_reviews_total\{outcome="inject",reason="injected"\} [1-9]/);
    expect(text).toMatch(/outrigger_admission_reviews_total\{outcome="refused",reason="wrong-content-type"\} [1-9]/);
    expect(text).toContain('outrigger_admission_duration_seconds_bucket{le="0.0005"}');
    expect(text).toMatch(/^outrigger_last_admission_timestamp_seconds 1\d{9}\.\d+$/m);
    expect(text).not.toContain("label-of-a-pod");
    expect(text).toMatch(/nodejs_eventloop_lag_seconds/);
    const expiry = Number(/^outrigger_certificate_expiry_seconds (.*)$/m.exec(text)?.[1]);
    expect(expiry).toBeGreaterThan(360 * 86_400);
  });

  test("health, readiness and unknown paths of the other port", async () => {
    expect(await health("/healthz")).toEqual([200, "ok\n"]);
    expect(await health("/readyz")).toEqual([200, "[+] listener\n[+] shutdown\n"]);
    expect((await health("/"))[0]).toBe(404);
  });

  test("synthetic reviews of the readiness check are neither counted nor logged", async () => {
    const fresh = await testWebhook();
    const port = fresh.webhook.metricsAddress?.port;
    const ready = await fetch(`http://127.0.0.1:${port}/readyz`);
    expect(ready.status).toBe(200);
    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    expect(text).not.toContain("outrigger_admission_reviews_total{");
    expect(fresh.lines.filter((line) => line.includes('"review"'))).toEqual([]);
    await fresh.stop();
  });
});

async function health(path: string): Promise<[number, string]> {
  const answer = await fetch(`http://127.0.0.1:${t.webhook.metricsAddress?.port}${path}`);
  return [answer.status, await answer.text()];
}

async function metrics(): Promise<string> {
  return (await health("/metrics"))[1];
}
