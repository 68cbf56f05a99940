import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import type { ExplanationReport } from "../../src/answers/explain-request/explanation-report.ts";
import { outrigger } from "./command-line.ts";

// what the command loads at its first call takes seconds on a busy machine, and is none of a test's time
beforeAll(async () => {
  await Promise.all([import("../../src/answers/explain-request/answers.ts"), import("../../src/cli/mesh-in-files.ts")]);
}, 120_000);

const FAULTS = relative(process.cwd(), join(import.meta.dirname, "explain-request/faults.yaml"));
const CART = "http://cart.shop.svc.cluster.local:8080";

const explain = (...words: readonly string[]) =>
  outrigger(["explain", "request", ...words, "-n", "shop", "-f", FAULTS], { environment: {} });

async function reported(...words: readonly string[]): Promise<ExplanationReport> {
  return JSON.parse((await explain(...words, "-o", "json")).stdout) as ExplanationReport;
}

/** From its last line on: the outcome, and what helps. */
async function outcome(...words: readonly string[]): Promise<string> {
  const { stdout } = await explain(...words);
  return stdout.slice(stdout.indexOf("=> ")).trimEnd();
}

describe("a workload whose pods are refused", () => {
  test("sends nothing, which is not answered", async () => {
    const { code, stdout } = await explain(`${CART}/`, "--from", "deployment/refused");
    expect({ code, times: stdout.split("its pods would be refused").length - 1 }).toEqual({ code: 1, times: 1 });
    expect(stdout).toContain("=> sent by nobody\n");
    const report = await reported(`${CART}/`, "--from", "deployment/refused");
    expect(report).toMatchObject({ answered: false, targets: [], outcome: { kind: "unsent" } });
    expect(report.outcome).toHaveProperty("why", report.caller.past);
  });
});

describe("a target with nobody has the reason that problems give", () => {
  test("of protocols that do not fit", async () => {
    expect(await outcome("--grpc", `${CART}/shop.Cart/Get`, "--from", "vn/front")).toBe(
      "=> 503 (14 UNAVAILABLE of gRPC) from Envoy: it is a route of grpc, but port 8080 of cart_shop speaks http (protocol-mismatch)\n" +
        "   hint: calls of gRPC need HTTP/2: give the node's listener the protocol grpc",
    );
  });

  test("of ports, each with its share", async () => {
    const { targets } = await reported(`${CART}/both`, "--from", "vn/front");
    expect(targets.map(({ share, problem }) => ({ share, problem }))).toEqual([
      { share: 0.75, problem: "cart_shop has no listener on port 8081; it has 8080 (port-mismatch)" },
      { share: 0.25, problem: "the target names no port, and two_shop has 8080, 9090 (port-mismatch)" },
    ]);
  });

  test("of connections", async () => {
    expect(await outcome("tcp://cart.shop:6379", "--from", "vn/front")).toBe(
      "=> closed by Envoy: VirtualNode/shop/gone is not there (missing-reference)\n   hint: create it, or correct the reference",
    );
  });

  test("of a gateway's route", async () => {
    expect(await outcome("http://x:8088/two/", "--from", "vg/ingress")).toBe(
      "=> 503 from Envoy: gateway route two_shop has nobody to send to: the target names no port, and two.shop.svc.cluster.local has 8080, 9090, so the answer is 503 (port-mismatch)\n" +
        "   hint: name the port",
    );
  });

  test("of a service without a provider", async () => {
    expect(await outcome("http://gone.shop.svc.cluster.local:8080/", "--from", "vn/front")).toContain(
      "has no provider that is there: VirtualRouter/shop/gone is not there (missing-reference)\n",
    );
  });

  test("of a route that is left out", async () => {
    const found = await outcome("http://left-out.shop.svc.cluster.local:8080/", "--from", "vn/front");
    expect(found).toContain("has no routes on this port; route all: Envoy would refuse this regular expression");
    expect(found).toContain("(bad-expression)\n   hint: write it as RE2 has it");
    const { stdout } = await outrigger(["describe", "vs/left-out", "-n", "shop", "-f", FAULTS]);
    expect(stdout).toContain("nobody answers: no route of VirtualRouter shop/left-out is asked, see its problems");
  });

  test("and describe does not say that what is there is not", async () => {
    const { stdout } = await outrigger(["describe", "gatewayroute/two", "-n", "shop", "-f", FAULTS]);
    expect(stdout).toContain("-> two.shop.svc.cluster.local (nobody answers)");
    expect(stdout).not.toContain("(not there)");
  });
});

describe("in JSON null is what is not there", () => {
  test("of a target with nobody", async () => {
    const { targets, outcome: found } = await reported(`${CART}/both`, "--from", "vn/front");
    expect(targets[0]).toMatchObject({ name: null, object: null, port: null, discovery: { kind: "none", what: null } });
    expect(found).toMatchObject({ kind: "status", status: 503 });
  });

  test("of a connection", async () => {
    const { request } = await reported("tcp://db.shop:5432", "--from", "vn/front");
    expect(request).toMatchObject({ method: "TCP", authority: null, path: null });
  });
});

describe("a connection is for an address, or for nobody", () => {
  test.each(["tcp://other:5432", "tcp://10.0.0.5:5432"])("%s is closed beside a service of its port", async (url) => {
    const found = await outcome(url, "--from", "vn/front");
    expect(found).toMatch(
      /^=> closed by Envoy: port 5432 is called over TCP, where addresses decide, at that of virtual service db\.shop\.svc\.cluster\.local alone; /,
    );
    expect(found).toContain("hint: call db.shop.svc.cluster.local; a backend of its own with a listener of port 5432");
    expect(found).not.toContain("its backends are called on");
  });

  test("or for the one service whose address nobody knows, which is said", async () => {
    const { stdout } = await explain("https://kubernetes.default.svc/", "--from", "vn/front");
    expect(stdout).toContain(
      "note: the connection is for kubernetes.default.svc, and goes to virtual service api.pay.",
    );
    const { notes } = await reported("https://api.pay.example.com/", "--from", "vn/front");
    expect(notes).toEqual([]);
  });

  test("or for a service without a provider, on a port of nobody's", async () => {
    const words = ["http://gone.shop.svc.cluster.local/", "--from", "vn/front"];
    expect(await outcome(...words)).toContain(
      "has no provider that is there: VirtualRouter/shop/gone is not there (missing-reference), so it is called on no port of its own",
    );
    const { stdout } = await outrigger(["describe", "vs/gone", "-n", "shop", "-f", FAULTS]);
    expect(stdout).toContain("has no provider that is there: 404 on ports that are called over HTTP, on others as the");
  });
});

test("a call of gRPC over HTTP/1.1 has a note", async () => {
  const { notes } = await reported("--grpc", `${CART}/shop.Other/Get`, "--from", "vn/front");
  expect(notes).toEqual([
    expect.stringMatching(/^port 8080 of virtual node cart_shop speaks http, and gRPC needs HTTP\/2/),
  ]);
  expect((await reported(`${CART}/shop.Other/Get`, "--from", "vn/front")).notes).toEqual([]);
});

test("methods in small letters are said to be upper case", async () => {
  expect(await outcome("get", `${CART}/`, "--from", "vn/front")).toBe(
    "=> 400 from Envoy: Envoy knows no method get\n   hint: methods are upper case: write GET",
  );
});

test("an address of IPv6 has its brackets", async () => {
  const { stdout } = await explain("http://[::1]:8080/", "-H", "host: x", "--from", "vn/front");
  expect(stdout).toContain("GET http://x/ (to [::1]:8080)\n");
  expect(stdout).toContain("=> leaves the mesh to [::1]:8080: ");
});

test("a short form of a service's name that leaves the mesh has a note", async () => {
  const folder = await mkdtemp(join(tmpdir(), "outrigger-"));
  try {
    const open = join(folder, "open.yaml");
    const text = await readFile(FAULTS, "utf8");
    await writeFile(
      open,
      text.replace("spec: { namespaceSelector: {", "spec: { egressFilter: { type: ALLOW_ALL }, namespaceSelector: {"),
    );
    const { stdout } = await outrigger([
      "explain",
      "request",
      "http://cart.shop:8080/",
      "--from",
      "vn/front",
      "-n",
      "shop",
      "-f",
      open,
    ]);
    expect(stdout).toContain("=> leaves the mesh to cart.shop:8080");
    expect(stdout).toContain("note: there is virtual service cart.shop.svc.cluster.local: the whole name counts");
  } finally {
    await rm(folder, { recursive: true });
  }
});

describe("who sends it is named as elsewhere", () => {
  test.each(["virtualnode/shop/front", "VirtualNode.appmesh.k8s.aws/front", "deployments.apps/refused"])(
    "%s",
    async (from) => {
      expect((await explain("http://x/", "--from", from)).code).toBe(1);
    },
  );

  test("a Service sends nothing", async () => {
    const { code, stderr } = await explain("http://x/", "--from", "service/refused");
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining("a Service sends nothing, name who does"),
    });
  });
});

test("a workload that a node all but selects says for which label it does not", async () => {
  const { stdout } = await explain(`${CART}/`, "--from", "deployment/mislabelled");
  expect(stdout).toContain(
    "its traffic passes through; VirtualNode shop/front does not select this pod: it wants app=front, and the labels have app=Front",
  );
});
