import { beforeAll, describe, expect, test } from "vitest";
import type { ExplanationReport } from "../../src/answers/explain-request/explanation-report.ts";
import { outrigger } from "./command-line.ts";

/* A service that is there, and that a node did not write among its backends: the slip that nobody sees, for with ALLOW_ALL everything is answered. */

// what the command loads at its first call takes seconds on a busy machine, and is none of a test's time
beforeAll(async () => {
  await Promise.all([import("../../src/answers/explain-request/answers.ts"), import("../../src/cli/mesh-in-files.ts")]);
}, 120_000);

const object = (kind: string, place: string, spec: string): string => {
  const [namespace = "", name = ""] = place.split("/");
  return `apiVersion: appmesh.k8s.aws/v1beta2\nkind: ${kind}\nmetadata: {name: ${name}, namespace: ${namespace}}\nspec: ${spec}\n`;
};
const service = (name: string, node: string): string =>
  object(
    "VirtualService",
    `shop/${name}`,
    `{awsName: ${name}.shop.svc.cluster.local, provider: {virtualNode: {virtualNodeRef: {name: ${node}}}}}`,
  );
const node = (name: string, port: number, protocol: string): string =>
  object(
    "VirtualNode",
    `shop/${name}`,
    `{listeners: [{portMapping: {port: ${port}, protocol: ${protocol}}}], serviceDiscovery: {dns: {hostname: ${name}.shop.svc.cluster.local}}}`,
  );
const mesh = (filter: string): string =>
  [
    object("Mesh", "/main", `{namespaceSelector: {}, egressFilter: {type: ${filter}}}`),
    node("one", 8080, "http"),
    node("two", 9090, "http"),
    node("db", 5432, "tcp"),
    service("one", "one"),
    service("two", "two"),
    service("db", "db"),
    service("empty", "gone"),
    object(
      "VirtualNode",
      "shop/front",
      "{backends: [{virtualService: {virtualServiceRef: {name: one}}}, {virtualService: {virtualServiceRef: {name: empty}}}]}",
    ),
  ].join("---\n");

async function explained(filter: "ALLOW_ALL" | "DROP_ALL", url: string, ...more: readonly string[]) {
  const words = ["explain", "request", url, ...more, "--from", "vn/front", "-n", "shop", "-f", "-", "-o", "json"];
  const { stdout } = await outrigger(words, { stdin: mesh(filter), environment: {} });
  const { outcome, notes } = JSON.parse(stdout) as ExplanationReport;
  // the files have no Namespace, which is said as well
  return { outcome, notes: notes.filter((note) => !note.startsWith("Namespace ")) };
}

const TWO = "virtual service two.shop.svc.cluster.local is no backend of virtual node front_shop";
const ADD = "add it to the backends of VirtualNode shop/front: virtualServiceRef of VirtualService shop/";

describe("where everything may leave the mesh", () => {
  test.each([
    ["on a port of its own", "http://two.shop.svc.cluster.local:9090/"],
    ["on a port on which another service is called", "http://two.shop.svc.cluster.local:8080/"],
    ["in another case, and with a dot", "http://Two.shop.svc.cluster.local.:9090/"],
  ])("a service that is no backend is named: %s", async (_, url) => {
    const { outcome, notes } = await explained("ALLOW_ALL", url);
    expect(outcome).toMatchObject({
      kind: "passes",
      why: expect.stringMatching(/^no backend of virtual node front_shop/),
    });
    expect(notes).toEqual([`${TWO}, so its routes do not count; ${ADD}two`]);
  });

  test("so is one of TCP, of a connection", async () => {
    const { outcome, notes } = await explained("ALLOW_ALL", "tcp://db.shop.svc.cluster.local:5432");
    expect(outcome.kind).toBe("passes");
    expect(notes).toEqual([
      `virtual service db.shop.svc.cluster.local is no backend of virtual node front_shop, so its routes do not count; ${ADD}db`,
    ]);
  });

  test("the Host that is sent counts, not the host that is called", async () => {
    const { notes } = await explained(
      "ALLOW_ALL",
      "http://one.shop.svc.cluster.local:8080/",
      "-H",
      "host: two.shop.svc.cluster.local",
    );
    expect(notes).toEqual([`${TWO}, so its routes do not count; ${ADD}two`]);
  });

  test("a backend that is called on another port says on which", async () => {
    const { notes } = await explained("ALLOW_ALL", "http://one.shop.svc.cluster.local:7070/");
    expect(notes).toEqual([
      "virtual service one.shop.svc.cluster.local is not called on port 7070; it is called on 8080",
    ]);
  });

  test("a backend that has nobody says so", async () => {
    const { notes } = await explained("ALLOW_ALL", "http://empty.shop.svc.cluster.local:7070/");
    expect(notes).toEqual([
      "virtual service empty.shop.svc.cluster.local has no provider that is there: VirtualNode/shop/gone is not there (missing-reference), so it is called on no port of its own; create it, or correct the reference",
    ]);
  });

  test("a host of nobody says nothing", async () => {
    expect((await explained("ALLOW_ALL", "http://www.example.com:9090/")).notes).toEqual([]);
    expect((await explained("ALLOW_ALL", "http://one.shop.svc.cluster.local:8080/")).notes).toEqual([]);
  });
});

describe("where nothing may leave the mesh", () => {
  test.each([
    ["http://two.shop.svc.cluster.local:9090/", "closed"],
    ["http://two.shop.svc.cluster.local:8080/", "status"],
    ["tcp://two.shop.svc.cluster.local:9090", "closed"],
  ])("a service that is no backend is the reason: %s", async (url, kind) => {
    const { outcome } = await explained("DROP_ALL", url);
    expect(outcome).toMatchObject({ kind, help: `${ADD}two` });
    expect(outcome).toHaveProperty("why", expect.stringContaining(TWO));
  });

  test("of a host of nobody the ports of the backends are", async () => {
    const { outcome } = await explained("DROP_ALL", "http://www.example.com:9090/");
    expect(outcome).toHaveProperty(
      "why",
      expect.stringContaining("no backend of virtual node front_shop is called on port 9090"),
    );
  });
});
