import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { ProblemsReport } from "../../src/answers/problems-report.ts";
import { outrigger } from "./command-line.ts";

// what the commands load at their first call takes seconds on a busy machine, and is none of a test's time
beforeAll(async () => {
  await Promise.all([
    import("../../src/answers/answers.ts"),
    import("../../src/answers/explain-request/answers.ts"),
    import("../../src/cli/mesh-in-files.ts"),
  ]);
}, 120_000);

const object = (kind: string, place: string, spec: string): string => {
  const [namespace = "", name = ""] = place.split("/");
  return `apiVersion: appmesh.k8s.aws/v1beta2\nkind: ${kind}\nmetadata: {name: ${name}, namespace: ${namespace}}\nspec: ${spec}\n`;
};
const MESH = object("Mesh", "/main", "{namespaceSelector: {}}");
const HTTP = "listeners: [{portMapping: {port: 8080, protocol: http}}]";
const BACK = object("VirtualNode", "shop/back", `{${HTTP}, serviceDiscovery: {dns: {hostname: back.shop}}}`);
const FRONT = object("VirtualNode", "shop/front", "{backends: [{virtualService: {virtualServiceRef: {name: back}}}]}");
const SERVICE = object("VirtualService", "shop/back", "{provider: {virtualRouter: {virtualRouterRef: {name: back}}}}");
const router = (match: string, kind = "VirtualRouter"): string =>
  object(
    kind,
    "shop/back",
    `{${HTTP}, routes: [{name: all, httpRoute: {match: ${match}, action: {weightedTargets: [{virtualNodeRef: {name: back}, weight: 1}]}}}]}`,
  );
const documents = (...texts: readonly string[]): string => texts.join("---\n");
const shop = (...texts: readonly string[]): string => documents(MESH, BACK, FRONT, SERVICE, ...texts);

const GOOD = router("{prefix: /}");
/** What the API server refuses for a rule, and what it refuses for a type. */
const BY_RULE = router("{}");
const BY_TYPE = router("{prefix: 5}");
/** A text of nothing that is YAML. */
const BROKEN = "a: [\n";
const CLOUD_MAP = "{serviceDiscovery: {awsCloudMap: {namespaceName: pvt.local, serviceName: blue}}";

const problems = (stdin: string, ...words: readonly string[]) =>
  outrigger(["problems", "-f", "-", ...words], { stdin });
const described = (stdin: string, ...words: readonly string[]) =>
  outrigger(["describe", ...words, "-n", "shop", "-f", "-"], { stdin });
const explained = (stdin: string, ...words: readonly string[]) => {
  const url = "http://back.shop:8080/";
  const given = words.includes("--from") ? words : ["--from", "vn/front", ...words];
  return outrigger(["explain", "request", url, "-n", "shop", ...given, "-f", "-"], { stdin, environment: {} });
};

test("what all of it is compared with has nothing wrong", async () => {
  const whole = shop(GOOD);
  expect(await problems(whole)).toMatchObject({ code: 0, stderr: "" });
  expect(await described(whole, "vr/back")).toMatchObject({ code: 0, stderr: "" });
  expect(await explained(whole)).toMatchObject({ code: 0, stderr: "" });
});

describe("a namespace that is not there", () => {
  test.each([
    ["beside objects of others", shop(GOOD)],
    ["beside a Mesh that is in none", MESH],
    ["where nothing is in one", "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: x}\n"],
  ])("%s is 2", async (_, stdin) => {
    const { code, stdout, stderr } = await problems(stdin, "-n", "shpo");
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/^outrigger: there is no namespace shpo in the files: /);
  });

  test.each([
    ["its Namespace", "apiVersion: v1\nkind: Namespace\nmetadata: {name: shpo}\n"],
    ["an object of App Mesh in it", object("VirtualNode", "shpo/a", "{}")],
    ["an object of another kind in it", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: shpo}\n"],
    ["an object that names none", "apiVersion: appmesh.k8s.aws/v1beta2\nkind: VirtualNode\nmetadata: {name: a}\n"],
    ["a pod that names none", "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: []}\n"],
    ["what cannot be read", BROKEN],
  ])("is one where no input has it: here %s is", async (_, more) => {
    const { code, stdout } = await problems(documents(MESH, more), "-n", "shpo");
    expect(code).toBeLessThan(2);
    expect(stdout).toContain("App Mesh object");
  });
});

describe("a document that cannot be read", () => {
  const stdin = documents(shop(GOOD), BROKEN);

  test("is said by every command, with its place, and ends it with 1", async () => {
    const line = stdin.split("\n").length;
    const said = [
      await problems(stdin),
      await described(stdin, "vr/back"),
      await explained(stdin),
      await outrigger(["dns", "-f", "-"], { stdin }),
    ];
    for (const { code, stdout, stderr } of said) {
      expect(code).toBe(1);
      expect(stdout + stderr).toMatch(new RegExp(`stdin:${line}`));
    }
    expect(said[1]?.stdout).toContain("VirtualRouter shop/back");
    expect(said[2]?.stdout).toContain("answered by virtual node back_shop");
  });

  test("may hold what is asked about", async () => {
    for (const { code, stderr } of [await described(stdin, "vn/gone"), await explained(stdin, "--from", "vn/gone")]) {
      expect(code).toBe(1);
      expect(stderr).toMatch(/there is no virtualnode.*It may be in what cannot be read: stdin:\d+: /i);
    }
    expect(await described(shop(GOOD), "vn/gone")).toMatchObject({ code: 2 });
    expect(await explained(shop(GOOD), "--from", "vn/gone")).toMatchObject({ code: 2 });
  });
});

describe("an object that the API server refuses", () => {
  test.each([
    [
      "for a rule",
      BY_RULE,
      "spec.routes[0] exactly one of httpRoute.match.prefix and httpRoute.match.path must be given",
    ],
    ["for a type", BY_TYPE, "spec.routes[0].httpRoute.match.prefix expected a text, found 5: write it in quotes"],
  ])("%s is not served, and a note says why, in text and JSON", async (_, refused, why) => {
    const { stdout } = await explained(shop(refused));
    const note = `VirtualRouter/shop/back is left out, as the API server refuses it: ${why}`;
    expect(stdout).toMatch(/^note: stdin:\d+: VirtualRouter/m);
    expect(stdout).toContain(note);
    expect(stdout).not.toContain("answered by");
    const { notes } = JSON.parse((await explained(shop(refused), "-o", "json")).stdout) as { notes: string[] };
    expect(notes).toContainEqual(expect.stringContaining(note));
  });

  test("for a rule has that problem in describe, too", async () => {
    const { code, stdout } = await described(shop(BY_RULE), "vr/back");
    expect(code).toBe(1);
    expect(stdout).toMatch(/error {2}refused {2}spec\.routes\[0\]\n/);
  });

  test.each([
    ["of a misspelled kind", router("{prefix: /}", "VirtualRuoter"), 'found "VirtualRuoter"'],
    ["without a name", GOOD.replace("name: back, namespace", "namespace"), "metadata.name expected a name"],
  ])("%s may be what is asked about", async (_, lost, why) => {
    const { code, stdout } = await explained(shop(lost));
    expect(code).toBe(1);
    expect(stdout).toMatch(/^note: stdin:\d+: left out, as it cannot be read: /m);
    expect(stdout).toContain(why);
    const missing = await described(shop(lost), "vr/back");
    expect(missing).toMatchObject({ code: 1, stderr: expect.stringContaining(why) });
  });

  test.each([
    ["for a rule", `{${HTTP}, backends: [{}]}`],
    ["for a type", "{listeners: 5}"],
  ])("%s cannot be asked about as the caller: 1, with the reason", async (_, spec) => {
    const { code, stdout, stderr } = await explained(
      shop(GOOD, object("VirtualNode", "shop/odd", spec)),
      "--from",
      "vn/odd",
    );
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(/^outrigger: VirtualNode\/shop\/odd cannot be read: spec\./);
  });

  test("has a workload whose node it is answered as that node is", async () => {
    const odd = object(
      "VirtualNode",
      "shop/odd",
      "{podSelector: {matchLabels: {app: odd}}, listeners: 5, backends: 6}",
    );
    const pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: odd, namespace: shop, labels: {app: odd}}\n";
    const stdin = shop(GOOD, odd, `${pod}spec: {containers: [{name: app, image: app}]}\n`);
    const { code, stderr } = await explained(stdin, "--from", "pod/odd");
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /VirtualNode\/shop\/odd cannot be read: spec\.\w+ .* \(and 1 more: outrigger problems has all\)$/m,
    );
  });

  test("is not said to be missing by who names it", async () => {
    const odd = (kind: string): string => object(kind, "shop/odd", "{listeners: 5, virtualservices: 5}");
    const group = "{backendGroups: [{name: odd}, {name: gone}]}";
    const named = [
      ["vn/caller", object("VirtualNode", "shop/caller", group), "BackendGroup"],
      [
        "vs/caller",
        object("VirtualService", "shop/caller", "{provider: {virtualNode: {virtualNodeRef: {name: odd}}}}"),
        "VirtualNode",
      ],
    ] as const;
    for (const [who, caller, kind] of named) {
      const { stdout } = await described(documents(MESH, caller, odd(kind)), who);
      expect(stdout).toMatch(/shop\/odd \(cannot be read\)/);
      expect(stdout).not.toContain("shop/odd (not there)");
      const missing = await described(documents(MESH, caller), who);
      expect(missing.stdout).toContain("shop/odd (not there)");
    }
  });

  test("brings dns no names, and is said there", async () => {
    const { code, stdout, stderr } = await outrigger(["dns", "-f", "-"], {
      stdin: documents(
        MESH,
        object("VirtualNode", "shop/blue", `${CLOUD_MAP}, listeners: [{portMapping: {port: 70000, protocol: http}}]}`),
      ),
    });
    expect(code).toBe(1);
    expect(stdout).toBe("");
    expect(stderr).toContain("VirtualNode/shop/blue is left out");
  });
});

test("what is not as YAML took it is said with all else, each with its path and line", async () => {
  const stdin = `${MESH}---
apiVersion: appmesh.k8s.aws/v1beta2
kind: VirtualNode
metadata:
  name: back
  namespace: shop
  labels: {version: 1}
spec:
  listeners:
    - portMapping:
        port: "8080"
        protocol: HTTP
`;
  const { stdout } = await problems(stdin, "-o", "json");
  const first = MESH.split("\n").length;
  const found = (JSON.parse(stdout) as ProblemsReport).problems.map(({ path, message, place }) => [
    path,
    message,
    (place?.line ?? 0) - first,
  ]);
  expect(found).toEqual([
    ["metadata.labels.version", expect.stringMatching(/^expected text, found the number 1: write it in quotes/), 6],
    ["spec.listeners[0].portMapping.port", 'expected a whole number, found "8080": write it without quotes', 10],
    ["spec.listeners[0].portMapping.protocol", expect.stringContaining('found "HTTP"'), 11],
  ]);
});

test("a key that stands twice is said by every command, and the last one counts", async () => {
  const twice = BACK.replace("spec: {", "spec: {listeners: [{portMapping: {port: 9090, protocol: http}}], ");
  const stdin = documents(MESH, twice, FRONT, SERVICE, GOOD);
  const line = MESH.split("\n").length + 4;
  const said = [
    await problems(stdin),
    await described(stdin, "vn/back"),
    await explained(stdin),
    await outrigger(["dns", "-f", "-"], { stdin }),
    await outrigger(["explain", "-f", "-"], { stdin }),
  ];
  for (const { code, stdout, stderr } of said) {
    expect(code).toBe(0);
    expect(stdout + stderr).toContain(`stdin:${line}: warning: the key listeners stands twice in its map`);
  }
});

describe("files of a folder", () => {
  let folder = "";
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "unusable-"));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  test("are named where one cannot be read", async () => {
    await writeFile(join(folder, "bad.json"), '{"a": 1,\n');
    const { code, stderr } = await outrigger(["explain", "-f", folder]);
    expect(code).toBe(1);
    expect(stderr).toContain(`outrigger: ${join(folder, "bad.json")}: line `);
  });

  test("count once where they are given twice, with one note", async () => {
    await mkdir(join(folder, "all"));
    await writeFile(join(folder, "all/shop.yaml"), shop(GOOD));
    const { code, stdout } = await outrigger([
      "problems",
      "-f",
      join(folder, "all"),
      "-f",
      `${folder}/./all/shop.yaml`,
    ]);
    expect(code).toBe(0);
    expect(stdout.match(/twice/g)).toHaveLength(1);
    expect(stdout).toContain(`${join(folder, "all/shop.yaml")} is named twice with -f: it counts once`);
  });
});

describe("an object that the control plane's webhook refuses", () => {
  const TWICE = object(
    "VirtualNode",
    "shop/front",
    "{backends: [{virtualService: {virtualServiceRef: {name: back}}}, {virtualService: {virtualServiceRef: {name: back, namespace: shop}}}]}",
  );
  const ROUTE =
    "httpRoute: {match: {prefix: /}, action: {weightedTargets: [{virtualNodeRef: {name: back}, weight: 1}]}}";
  const NAMED_TWICE = object(
    "VirtualRouter",
    "shop/back",
    `{${HTTP}, routes: [{name: all, ${ROUTE}}, {name: all, ${ROUTE}}]}`,
  );

  test("is not there for a request, and its fault is named", async () => {
    const { code, stdout } = await explained(documents(MESH, BACK, FRONT, SERVICE, NAMED_TWICE));
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /note: stdin:\d+: VirtualRouter\/shop\/back is left out, as the API server refuses it: spec\.routes\[1\]\S* .*\(route-named-twice\)/,
    );
  });

  test("sends nothing where it is the caller", async () => {
    const { code, stderr } = await explained(documents(MESH, BACK, TWICE, SERVICE, GOOD));
    expect(code).toBe(1);
    expect(stderr).toContain("VirtualNode/shop/front");
    expect(stderr).toContain("(backend-twice)");
  });

  test.each([
    [
      "backends written alike",
      documents(MESH, BACK, TWICE, SERVICE, GOOD),
      "remove one of the two; until then kubectl apply of it is refused",
    ],
    [
      "routes of one name",
      documents(MESH, BACK, FRONT, SERVICE, NAMED_TWICE),
      "; until then kubectl apply of it is refused",
    ],
    [
      "a namespace that no Mesh selects",
      documents(
        object("Mesh", "/main", "{namespaceSelector: {matchLabels: {mesh: main}}}"),
        "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n",
        BACK,
      ),
      "; until then kubectl apply of it as a new object is refused",
    ],
  ])("has that in its problem: %s", async (_, stdin, help) => {
    const { code, stdout } = await problems(stdin, "-o", "json");
    expect(code).toBe(1);
    const found = (JSON.parse(stdout) as ProblemsReport).problems;
    expect(found.filter((one) => one.help?.endsWith(help)).length).toBeGreaterThan(0);
  });

  test("is another one than one that only has a warning", async () => {
    const arn = object(
      "VirtualNode",
      "shop/front",
      "{backends: [{virtualService: {virtualServiceRef: {name: back}}}, {virtualService: {virtualServiceARN: 'arn:aws:appmesh:us-west-2:1:mesh/main/virtualService/back.shop'}}]}",
    );
    const { stdout } = await problems(documents(MESH, BACK, arn, SERVICE, GOOD));
    expect(stdout).toContain("backend-twice");
    expect(stdout).not.toContain("is refused");
    expect((await explained(documents(MESH, BACK, arn, SERVICE, GOOD))).code).toBe(0);
  });
});
