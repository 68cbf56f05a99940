import { createServer, type RequestListener, type Server } from "node:http";
import { type AddressInfo, connect as connectTcp } from "node:net";
import { Duplex, PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { total } from "../../src/diagnose/facts/metrics-text.ts";
import { otherEntries } from "../../src/diagnose/facts/other-injectors.ts";
import { quoted } from "../../src/diagnose/facts/quoted.ts";
import { askPod, certificateOf } from "../../src/diagnose/gather/ask-pod.ts";
import { type ClusterReads, clusterReads } from "../../src/diagnose/gather/cluster-reads.ts";
import { inParallel } from "../../src/diagnose/gather/in-parallel.ts";
import { answerOf, type PodDoor } from "../../src/diagnose/gather/pod-door.ts";
import { readStreams } from "../../src/diagnose/gather/streams.ts";
import { admissionIn } from "../../src/diagnose/gather/test-admission.ts";
import { kubeClient } from "../../src/kube/client.ts";
import { INJECT_KEY } from "../../src/model/names.ts";
import { component, enabled, namespace } from "./diagnose-facts.ts";
import { type FakeApiServer, failure, fakeApiServer, list, named } from "./fake-api-server.ts";

describe("reads of a cluster", () => {
  let api: FakeApiServer;
  let reads: ClusterReads;
  beforeEach(async () => {
    api = await fakeApiServer();
    reads = clusterReads(kubeClient(api.endpoint), new AbortController().signal);
  });
  afterEach(() => api.close());

  const nameOf = ({ metadata }: { readonly metadata?: unknown }): string => (metadata as { name: string }).name;

  test("take a list page by page and keep only what is asked for", async () => {
    const reading = reads.list("/api/v1/pods?labelSelector=a", "whole", (object) =>
      nameOf(object) === "b" ? undefined : nameOf(object),
    );
    const first = await api.next();
    expect(first.query.get("labelSelector")).toBe("a");
    first.answer(200, list("1", [named("a", "1"), named("b", "1")], "more"));
    const second = await api.next();
    expect(second.query.get("continue")).toBe("more");
    second.answer(200, list("1", [named("c", "1")]));
    expect(await reading).toEqual({ kind: "read", value: ["a", "c"] });
  });

  test("begin a list again when the API server forgot it between two pages, and nothing comes twice", async () => {
    const reading = reads.list("/api/v1/pods", "whole", nameOf);
    (await api.next()).answer(200, list("1", [named("a", "1")], "more"));
    (await api.next()).answer(410, failure(410, "too old"));
    (await api.next()).answer(200, list("2", [named("a", "1"), named("b", "1")]));
    expect(await reading).toEqual({ kind: "read", value: ["a", "b"] });
  });

  test.each([
    [404, "not found", { kind: "absent" }],
    [
      403,
      'pods is forbidden: User "eve" cannot list resource "pods"',
      { kind: "refused", what: "get pods in namespace shop" },
    ],
    [401, "Unauthorized", { kind: "refused", what: "get pods in namespace shop" }],
    [500, "etcd is away", { kind: "failed", why: expect.stringContaining("etcd is away") }],
  ])("tell status %i from the others", async (status, message, expected) => {
    const reading = reads.one("/api/v1/namespaces/shop/pods");
    (await api.next()).answer(status, failure(status, message));
    expect(await reading).toEqual(expected);
  });

  test("take a refusal by admission for no lack of permission", async () => {
    const trip = admissionIn(reads, enabled("shop"), () => 0);
    const message = 'pods "x" is forbidden: violates PodSecurity "restricted:latest": unrestricted capabilities';
    (await api.next()).answer(403, failure(403, message));
    expect((await trip).result).toMatchObject({ kind: "refused", by: "pod-security" });
    const denied = admissionIn(reads, enabled("shop"), () => 0);
    (await api.next()).answer(
      400,
      failure(400, 'admission webhook "pods.inject.outrigger.dev" denied the request: no mesh'),
    );
    expect((await denied).result).toMatchObject({ kind: "refused", by: "injector" });
  });

  test("try a pod by a dry run, which asks for injection only where pods must", async () => {
    const silent = admissionIn(reads, enabled("shop"), () => 0);
    const call = await api.next();
    expect([call.method, call.path, call.query.get("dryRun")]).toEqual(["POST", "/api/v1/namespaces/shop/pods", "All"]);
    expect(await call.body()).not.toContain(INJECT_KEY);
    call.answer(201, { metadata: { creationTimestamp: "1970-01-01T00:10:00Z" } });
    expect(await silent).toMatchObject({ result: { kind: "bare" }, clockAhead: 600_000 });
    const asking = admissionIn(reads, namespace("shop", { [INJECT_KEY]: "disabled" }), () => 600_500);
    const second = await api.next();
    expect(await second.body()).toContain(`"${INJECT_KEY}":"enabled"`);
    second.answer(201, { metadata: { creationTimestamp: "1970-01-01T00:10:00Z" } });
    // whole seconds: half a second is no difference
    expect(await asking).toMatchObject({ clockAhead: 0 });
  });
});

describe("questions to a pod", () => {
  let server: Server | undefined;
  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
  });

  /** A door like that of port forwarding: a stream that is no socket. */
  async function doorTo(listener: RequestListener): Promise<PodDoor> {
    const made = createServer(listener);
    server = made;
    await new Promise<void>((resolve) => made.listen(0, "127.0.0.1", resolve));
    const { port } = made.address() as AddressInfo;
    return {
      connect: async () => {
        const socket = connectTcp(port, "127.0.0.1");
        const [toPod, fromPod] = [new PassThrough(), new PassThrough()];
        toPod.pipe(socket).pipe(fromPod);
        socket.on("error", (error) => fromPod.destroy(error));
        return Duplex.from({ readable: fromPod, writable: toPod });
      },
    };
  }

  const POD = { namespace: "appmesh-system", pod: "p", port: 9091 };

  test("are answered over a stream that is no socket", async () => {
    const door = await doorTo((request, response) =>
      response.end(`asked for ${request.url} of ${request.headers.host}`),
    );
    expect(await askPod(door, POD, "/streams")).toEqual({ kind: "read", value: "asked for /streams of localhost" });
  });

  test("that are not answered with 200 say so", async () => {
    const door = await doorTo((_, response) => response.writeHead(404).end());
    expect(await askPod(door, POD, "/streams")).toEqual({
      kind: "failed",
      why: "GET /streams was answered with status 404",
    });
  });

  test("that are cut off say so", async () => {
    const door = await doorTo((request) => request.socket.destroy());
    expect(await askPod(door, POD, "/streams")).toMatchObject({ kind: "failed" });
  });

  test("through a closed door are a reading, no error", async () => {
    const closed: PodDoor = { connect: () => Promise.reject(new Error("pods is forbidden\u001b[31m")) };
    expect(await askPod(closed, POD, "/")).toEqual({ kind: "failed", why: "pods is forbidden [31m" });
    expect(await certificateOf(closed, POD, "a")).toMatchObject({ kind: "failed" });
  });

  test("get what came before a complaint of the API server, and then the complaint", async () => {
    const [fromPod, complaints] = [new PassThrough(), new PassThrough()];
    const answer = answerOf(fromPod, complaints);
    // all in one turn, as frames of one packet come
    fromPod.write("whole answer");
    complaints.write("error forwarding port 9901: connection reset by peer\n");
    let read = "";
    const reading = async () => {
      for await (const part of answer) read += String(part);
    };
    await expect(reading()).rejects.toThrow(/^error forwarding port 9901: connection reset by peer$/);
    expect(read).toBe("whole answer");
  });

  test("to a replica on its way out miss nothing where it does not answer; to another one they do", async () => {
    const door: PodDoor = { connect: () => Promise.reject(new Error("connection refused")) };
    const pod = { ready: true, waiting: "" };
    const staying = { ...pod, name: "staying", leaving: false };
    const pods = { kind: "read", value: [{ ...pod, name: "former", leaving: true }, staying] } as const;
    const streams = await readStreams(door, { ...component("outrigger/outrigger:0.2.0", "", "p"), pods });
    expect(streams.replicas).toEqual([
      { name: "staying", streams: 0, problem: expect.stringContaining("connection refused") },
    ]);
  });

  test("to a replica on its way out that still serves count", async () => {
    const door = await doorTo((_, response) => response.end('[{"pod":{"namespace":"shop","name":"web","uid":"u"}}]'));
    const pods = { kind: "read", value: [{ name: "former", ready: true, leaving: true, waiting: "" }] } as const;
    const streams = await readStreams(door, { ...component("outrigger/outrigger:0.2.0", "", "p"), pods });
    expect(streams.replicas).toEqual([{ name: "former", streams: 1, problem: "" }]);
  });

  test("about a certificate fail where no TLS is spoken", async () => {
    const door = await doorTo((_, response) => response.end());
    expect(await certificateOf(door, POD, "a")).toMatchObject({ kind: "failed" });
  });
});

describe("what else is read", () => {
  test("metrics are summed over their labels, and nothing is taken for another metric", () => {
    const page = '# HELP a_total x\na_total{r="x"} 2\na_total{r="y"} 3.5\na_total_more 9\na_total 1\nbroken{\n';
    expect(total(page, "a_total")).toBe(6.5);
    expect(total(page, "b")).toBeUndefined();
  });

  test("text from the cluster becomes one short line", () => {
    expect(quoted("a\nb\u001b[2Jc\u202e")).toBe("a b [2Jc");
    expect(quoted("x".repeat(5_000)).length).toBeLessThan(500);
  });

  test("a few things are done at once, in order, and a failure is not lost", async () => {
    let running = 0;
    let most = 0;
    const results = await inParallel(
      Array.from({ length: 40 }, (_, index) => index),
      async (index) => {
        running += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => setImmediate(resolve));
        running -= 1;
        return index * 2;
      },
    );
    expect(results[39]).toBe(78);
    expect(most).toBeLessThanOrEqual(6);
    await expect(inParallel([1, 2], async () => Promise.reject(new Error("broken")))).rejects.toThrow("broken");
  });

  test("another injector is one that is asked about new pods of labelled namespaces, whatever its name", () => {
    const rules = [{ apiGroups: [""], operations: ["CREATE", "UPDATE"], resources: ["pods"] }];
    const namespaceSelector = { matchLabels: { [INJECT_KEY]: "enabled" } };
    const entry = { name: "appmesh-inject.aws.amazon.com", rules, namespaceSelector, failurePolicy: "Ignore" };
    const found = otherEntries([{ metadata: { name: "x" }, webhooks: [entry] }]);
    expect(found).toMatchObject([{ registration: "x", program: "the App Mesh injector of 2019", service: undefined }]);
    const others = [
      { ...entry, name: "pods.inject.outrigger.dev" },
      { ...entry, namespaceSelector: {} },
      { ...entry, rules: [{ apiGroups: [""], operations: ["UPDATE"], resources: ["pods"] }] },
    ];
    expect(otherEntries([{ metadata: { name: "x" }, webhooks: others }])).toEqual([]);
  });
});
