import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { ProblemsReport } from "../../src/answers/problems-report.ts";
import { KIND_FACTS, KINDS } from "../../src/model/kinds.ts";
import type { ObjectRef } from "../../src/model/mesh-object.ts";
import { NOBODY_BEHIND, reportConfigMap, reportText } from "../../src/model/replica-report.ts";
import { RELEASE } from "../../src/release.ts";
import { outrigger } from "./command-line.ts";

// what the command loads at its first call takes seconds on a busy machine, and is none of a test's time
beforeAll(async () => {
  await import("../../src/diagnose/diagnose.ts");
  await import("@kubernetes/client-node");
});

/** As somebody in the folder of the repository gives it. */
const SHOP = relative(process.cwd(), join(import.meta.dirname, "problems/shop.yaml"));

const APPMESH = "apiVersion: appmesh.k8s.aws/v1beta2\n";
const MESH = `${APPMESH}kind: Mesh\nmetadata: {name: main}\nspec: {namespaceSelector: {matchLabels: {mesh: main}}}\n`;
const node = (place: string, backend: string) => {
  const [namespace = "", name = ""] = place.split("/");
  const backends = `spec: {backends: [{virtualService: {virtualServiceRef: {name: ${backend}}}}]}`;
  return `${APPMESH}kind: VirtualNode\nmetadata: {name: ${name}, namespace: ${namespace}}\n${backends}\n`;
};
const documents = (...texts: readonly string[]): string => texts.join("---\n");

async function reported(stdin: string, ...argv: readonly string[]): Promise<ProblemsReport> {
  const { stdout } = await outrigger(["problems", "-f", "-", "--output", "json", ...argv], { stdin });
  return JSON.parse(stdout) as ProblemsReport;
}
const briefly = ({ problems }: ProblemsReport) =>
  problems.map(({ code, object, path }) => [code, object && `${object.namespace}/${object.name}`, path].join(" "));

describe("files", () => {
  test("are looked at as they would be applied: the text", async () => {
    const { code, stdout, stderr } = await outrigger(["problems", "-f", SHOP]);
    expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
    await expect(stdout).toMatchFileSnapshot("golden/problems.txt");
  });

  test("are looked at as they would be applied: the JSON", async () => {
    const { stdout } = await outrigger(["problems", "-f", SHOP, "--output", "json"]);
    const report = JSON.parse(stdout) as ProblemsReport;
    expect(report.release).toBe(RELEASE);
    expect(Date.parse(report.time)).toBeGreaterThan(0);
    const steady = { ...report, release: "0.0.0", time: "2026-11-28T12:00:00.000Z" };
    await expect(`${JSON.stringify(steady, null, 2)}\n`).toMatchFileSnapshot("golden/problems-json.txt");
  });

  test("without anything wrong end with 0", async () => {
    const clean = await outrigger(["problems", "-f", "-"], { stdin: MESH });
    expect(clean).toEqual({ code: 0, stdout: "1 App Mesh object: no problems\n", stderr: "" });
  });

  test("take each TCP service that is named after a Service, or after one pod of it, to have an address of its own", async () => {
    const db = `${APPMESH}kind: VirtualNode\nmetadata: {name: db, namespace: shop}\nspec:\n  listeners: [{portMapping: {port: 5432, protocol: tcp}}]\n  serviceDiscovery: {dns: {hostname: db.shop}}\n`;
    const calling = (...names: readonly string[]): string => {
      const services = names.map(
        (name, index) =>
          `${APPMESH}kind: VirtualService\nmetadata: {name: s${index}, namespace: shop}\nspec: {awsName: ${name}, provider: {virtualNode: {virtualNodeRef: {name: db}}}}\n`,
      );
      const backends = names.map((_, index) => `{virtualService: {virtualServiceRef: {name: s${index}}}}`).join(", ");
      const web = `${APPMESH}kind: VirtualNode\nmetadata: {name: web, namespace: shop}\nspec: {backends: [${backends}]}\n`;
      return documents(MESH, db, web, ...services);
    };
    const problems = (stdin: string) => outrigger(["problems", "-f", "-"], { stdin });
    const apart = calling("db-0.db.shop.svc", "db-1.db.shop.svc.cluster.local", "db.shop", "queue");
    expect(await problems(apart)).toMatchObject({ code: 0, stdout: expect.stringContaining("no problems") });
    const alike = calling("db-0.db.shop.svc", "db-1.db.example.com", "db-2.db.example.com");
    expect(await problems(alike)).toMatchObject({ code: 1, stdout: expect.stringContaining("alike-services") });
  });

  test("without App Mesh objects are not wrong, and what was ignored is counted", async () => {
    const { code, stdout } = await outrigger(["problems", "-f", "examples/nginx.yaml"]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: "0 App Mesh objects (and 1 other, ignored): no problems\n" });
  });

  test("that cannot be read show their unknown fields too, and speak of no state that was there before", async () => {
    const spec = "spec: {podSelector: {app: web}, serviceDiscovery: {dns: {hostName: web.shop}}}";
    const web = `${APPMESH}kind: VirtualNode\nmetadata: {name: web, namespace: shop}\n${spec}\n`;
    const { problems } = await reported(documents(MESH, web));
    expect(problems.map(({ severity, code, path, help }) => [severity, code, path, help])).toEqual([
      ["error", "not-readable", "spec.serviceDiscovery.dns.hostname", "correct it: the API server refuses this object"],
      ["error", "wider-than-written", "spec.podSelector.app", "write matchLabels: {app: web}"],
      ["warning", "unknown-field", "spec.serviceDiscovery.dns.hostName", "perhaps hostname was meant"],
    ]);
  });

  test("that the API server would refuse are wrong: by rules of the CRDs, and by names", async () => {
    const router = `${APPMESH}kind: VirtualRouter\nmetadata: {name: Web_1, namespace: shop}\nspec:\n  routes:\n  - {name: r, httpRoute: {match: {}, action: {weightedTargets: [{virtualNodeARN: a, weight: 0}]}}}\n`;
    const report = await reported(documents(MESH, router), "--mesh", "main");
    const refused = report.problems.filter(({ code }) => code === "refused");
    expect(refused.map(({ severity, path, message, place }) => [severity, path, message, place?.line])).toEqual([
      [
        "error",
        "metadata.name",
        'expected small letters and digits with - and . between them, at most 253, found "Web_1"',
        8,
      ],
      ["error", "spec.routes[0]", "exactly one of httpRoute.match.prefix and httpRoute.match.path must be given", 11],
    ]);
  });

  test.each([
    ["kind: VirtualNode\nmetadata: {name: web}\n", 'found "VirtualNode" of nothing'],
    ["apiVersion: v1beta2\nkind: Mesh\nmetadata: {name: web}\n", 'found "Mesh" of "v1beta2"'],
    [
      "apiVersion: appmesh.k8s.aw/v1beta2\nkind: VirtualNode\nmetadata: {name: web}\n",
      'found "VirtualNode" of "appmesh.k8s.aw/v1beta2"',
    ],
    [
      "apiVersion: appmesh.k8s.aws/v1beta1\nkind: VirtualNode\nmetadata: {name: web}\n",
      'found "VirtualNode" of "appmesh.k8s.aws/v1beta1"',
    ],
    [
      "apiVersion: appmesh.k8s.aws/v1beta2\nkind: VirtualNod\nmetadata: {name: web}\n",
      'found "VirtualNod" of "appmesh.k8s.aws/v1beta2"',
    ],
    ["apiVersion: appmesh.k8s.aws/v1beta2\nmetadata: {name: web}\n", "expected a kind of App Mesh"],
    ["apiVersion: appmesh.k8s.aw/v1beta2\nmetadata: {name: web}\n", "expected a kind of App Mesh"],
  ])("that were to be App Mesh's are no others: %j", async (text, said) => {
    const { problems, summary } = await reported(documents(MESH, text));
    expect(problems.map(({ code, object, place }) => [code, object, place?.line])).toEqual([["not-readable", null, 6]]);
    expect(problems[0]?.message).toContain(said);
    expect(summary.ignored).toBe(0);
  });

  test("of other projects are ignored, and those with a name of App Mesh's are named", async () => {
    const istio = "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: web}\n";
    const kuma = "apiVersion: kuma.io/v1alpha1\nkind: Mesh\nmetadata: {name: web}\n";
    const pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\n";
    const { problems, summary, notes } = await reported(documents(MESH, istio, istio, kuma, pod));
    expect({ problems, ignored: summary.ignored }).toEqual({ problems: [], ignored: 4 });
    expect(notes).toEqual([
      "2 objects are VirtualService of networking.istio.io/v1, ignored: App Mesh's are of appmesh.k8s.aws/v1beta2",
      "1 object is Mesh of kuma.io/v1alpha1, ignored: App Mesh's are of appmesh.k8s.aws/v1beta2",
    ]);
  });

  describe("with the configuration of the control plane", () => {
    const arn = "arn:aws:acm:eu-west-1:123456789012:certificate/web";
    const tls = `{mode: STRICT, certificate: {acm: {certificateARN: "${arn}"}}}`;
    const listeners = `listeners: [{portMapping: {port: 8443, protocol: http}, tls: ${tls}}]`;
    const spec = `spec: {${listeners}, serviceDiscovery: {dns: {hostname: web.example.com}}}`;
    const web = `${APPMESH}kind: VirtualNode\nmetadata: {name: web, namespace: shop}\n${spec}\n`;
    let folder: string;

    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), "outrigger-problems-"));
    });
    afterEach(() => rm(folder, { recursive: true }));

    const configured = async (namespaces: string) => {
      const secret = `{arn: "${arn}", secret: web-tls, namespaces: ${namespaces}}`;
      const path = join(folder, "outrigger.yaml");
      await writeFile(path, `controlPlane: {certificates: {secrets: [${secret}]}}\n`);
      return path;
    };

    test("know which ARNs mean Secrets, and for whom", async () => {
      const stdin = documents(MESH, web);
      const place = "shop/web spec.listeners[0].tls.certificate.acm";
      expect(briefly(await reported(stdin))).toEqual([`certificate-name ${place}`]);
      expect(briefly(await reported(stdin, "--config", await configured("[shop]")))).toEqual([]);
      expect(briefly(await reported(stdin, "--config", await configured("[bank]")))).toEqual([
        `certificate-secret ${place}`,
      ]);
    });

    test("end with 2 where it cannot be used, and where a cluster is asked, which has its own", async () => {
      const wrong = await outrigger(["problems", "-f", "-", "--config", await configured("shop")], { stdin: MESH });
      expect(wrong).toMatchObject({ code: 2, stdout: "" });
      expect(wrong.stderr).toContain("controlPlane.certificates.secrets");
      const ofCluster = await outrigger(["problems", "--config", await configured("[shop]")]);
      expect(ofCluster).toMatchObject({ code: 2, stdout: "" });
      expect(ofCluster.stderr).toContain("--config is for -f");
    });
  });

  test("of one folder, with those below it where that is asked for", async () => {
    const folder = await mkdtemp(join(tmpdir(), "outrigger-problems-"));
    try {
      await writeFile(join(folder, "mesh.yaml"), MESH);
      await writeFile(join(folder, "web.yaml"), node("shop/web", "gone"));
      const { stdout } = await outrigger(["problems", "-R", "-f", folder, "-o", "json"]);
      const [problem] = (JSON.parse(stdout) as ProblemsReport).problems;
      expect(problem?.place).toEqual({ file: join(folder, "web.yaml"), line: 4 });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test("narrowed to a namespace show that one, whose name counts for objects without one", async () => {
    const stdin = documents(
      MESH,
      node("shop/web", "gone"),
      node("bank/web", "gone"),
      `${APPMESH}kind: VirtualNode\nmetadata: {name: own}\nspec: {backends: [{virtualService: {}}]}\n`,
    );
    expect(briefly(await reported(stdin, "-n", "bank"))).toEqual([
      "no-reference bank/own spec.backends[0].virtualService",
      "missing-reference bank/web spec.backends[0].virtualService",
    ]);
    expect(briefly(await reported(stdin))).toHaveLength(3);
  });

  test("narrowed to a Mesh show what is in it, and what may be", async () => {
    const other = MESH.replaceAll("main", "other");
    const label = (name: string, mesh: string) =>
      `apiVersion: v1\nkind: Namespace\nmetadata: {name: ${name}, labels: {mesh: ${mesh}}}\n`;
    const broken = node("bank/broken", "gone").replace("backends:", "listeners: 1, backends:");
    const stdin = documents(
      MESH,
      other,
      label("shop", "main"),
      label("bank", "other"),
      node("shop/web", "gone"),
      node("bank/web", "gone"),
      broken,
    );
    const path = "spec.backends[0].virtualService";
    expect(briefly(await reported(stdin, "--mesh", "main"))).toEqual([
      "not-readable bank/broken spec.listeners",
      `missing-reference shop/web ${path}`,
    ]);
    const { code, stderr } = await outrigger(["problems", "-f", "-", "--mesh", "mian"], { stdin });
    expect({ code, stderr }).toEqual({ code: 2, stderr: "outrigger: there is no Mesh mian: there is main, other\n" });
  });

  test("with two Meshes or none do not say which namespaces are meant, and ask for them", async () => {
    const none = await reported(node("shop/web", "gone"));
    expect(briefly(none)).toEqual(["no-mesh shop/web "]);
    expect(none.notes).toEqual([expect.stringContaining("there is no Mesh among the files and no Namespace shop")]);
    const two = await reported(documents(MESH, MESH.replaceAll("main", "other"), node("shop/web", "gone")));
    expect(two.notes).toEqual([expect.stringContaining("there is 2 Meshes among the files")]);
  });

  test("take a namespace that is not there for one that the mesh and its gateways select", async () => {
    const gateway = `${APPMESH}kind: VirtualGateway\nmetadata: {name: edge, namespace: shop}\nspec:\n  namespaceSelector: {matchExpressions: [{key: gateway, operator: In, values: [edge, other]}]}\n`;
    const service = `${APPMESH}kind: VirtualService\nmetadata: {name: web, namespace: shop}\n`;
    const route = `${APPMESH}kind: GatewayRoute\nmetadata: {name: web, namespace: shop}\nspec:\n  httpRoute: {match: {prefix: /}, action: {target: {virtualService: {virtualServiceRef: {name: web}}}}}\n`;
    const { notes, ...report } = await reported(documents(MESH, gateway, service, route));
    expect(notes).toEqual([
      "Namespace shop not among the files: taken to be in Mesh main, with the labels mesh=main,gateway=edge",
    ]);
    expect(briefly({ notes, ...report })).toEqual(["no-target shop/web spec.provider"]);
  });

  test("that give an object twice count the last one, and say so", async () => {
    const { notes, problems } = await reported(documents(MESH, node("shop/web", "gone"), node("shop/web", "away")));
    expect(notes[0]).toBe("VirtualNode/shop/web is given twice, at stdin:6 and at stdin:11: the last one counts");
    expect(problems.map(({ message, place }) => [message, place?.line])).toEqual([
      ["VirtualService/shop/away is not there", 14],
    ]);
  });

  test("show texts of strangers on one line, without control characters", async () => {
    const bad = `${APPMESH}kind: VirtualNode\nmetadata: {name: "a\\e[2Jb", namespace: shop}\nspec: {backends: [{virtualService: {virtualServiceARN: "x\\n\\e[31m"}}]}\n`;
    const { stdout } = await outrigger(["problems", "-f", "-"], { stdin: documents(MESH, bad) });
    expect(stdout).toContain("VirtualNode shop/a [2Jb");
    expect(stdout).not.toContain("\u001b");
  });

  test("of many problems show the first, and say how many there are", async () => {
    const many = Array.from({ length: 300 }, (_, index) => node(`shop/n${index}`, "gone"));
    const { stdout } = await outrigger(["problems", "-f", "-"], { stdin: documents(MESH, ...many) });
    expect(stdout.match(/missing-reference/g)).toHaveLength(200);
    expect(stdout).toContain("and 100 problems more: --output json shows all, -n and --mesh some");
    expect(stdout).toMatch(/^301 App Mesh objects: 300 errors$/m);
  });

  test("of many problems show errors before warnings", async () => {
    const odd = (index: number): string =>
      `${APPMESH}kind: VirtualNode\nmetadata: {name: a${index}, namespace: shop}\nspec: {colour: red}\n`;
    const warnings = Array.from({ length: 250 }, (_, index) => odd(index));
    const { stdout } = await outrigger(["problems", "-f", "-"], {
      stdin: documents(MESH, ...warnings, node("shop/z", "gone")),
    });
    expect(stdout).toContain("VirtualNode shop/z\n  error    missing-reference");
    expect(stdout).toContain("and 51 problems more:");
    expect(stdout).toMatch(/^252 App Mesh objects: 1 error, 250 warnings$/m);
  });

  test("of many notes show the first, and say how many more there are", async () => {
    const many = Array.from({ length: 30 }, (_, index) => node(`shop/n${index}`, "gone"));
    const { stdout } = await outrigger(["problems", "-f", "-"], { stdin: documents(MESH, ...many, ...many) });
    expect(stdout.match(/^note: VirtualNode.* is given twice/gm)).toHaveLength(20);
    expect(stdout).toMatch(/^note: and 11 more: --output json shows all$/m);
  });

  test("with Lists know the line of each item, also where items of two take turns", async () => {
    const entry = (name: string) => `- ${node(`shop/${name}`, "gone").trimEnd().replaceAll("\n", "\n  ")}\n`;
    const listed = (...names: readonly string[]) => `apiVersion: v1\nkind: List\nitems:\n${names.map(entry).join("")}`;
    const { problems } = await reported(documents(MESH, listed("a", "c"), listed("b", "d")));
    expect(problems.map(({ object, place }) => [object?.name, place?.line])).toEqual([
      ["a", 12],
      ["b", 24],
      ["c", 16],
      ["d", 28],
    ]);
  });

  test.each(['""', "null"])("with the namespace %s are of the one that is given", async (namespace) => {
    const own = node("shop/own", "gone").replace("namespace: shop", `namespace: ${namespace}`);
    expect(briefly(await reported(documents(MESH, own), "-n", "bank"))).toEqual([
      "missing-reference bank/own spec.backends[0].virtualService",
    ]);
  });

  test("narrowed to a Mesh that cannot be read show why", async () => {
    const broken = MESH.replace("{namespaceSelector: {matchLabels: {mesh: main}}}", "{namespaceSelector: 1}");
    expect(briefly(await reported(broken, "--mesh", "main"))).toEqual(["not-readable /main spec.namespaceSelector"]);
  });

  test("name few Meshes where one is not there, without control characters", async () => {
    const meshes = Array.from({ length: 11 }, (_, index) => MESH.replace("name: main", `name: "m${10 + index}\\e[2J"`));
    const { code, stderr } = await outrigger(["problems", "-f", "-", "--mesh", "main"], {
      stdin: documents(...meshes),
    });
    expect(code).toBe(2);
    expect(stderr).toMatch(/^outrigger: there is no Mesh main: there is m10 \[2J, .*m17 \[2J and 3 more\n$/);
    expect(stderr).not.toContain("\u001b");
  });

  test.each([
    [["-f", "nothing.yaml"], 2, "nothing.yaml"],
    [["-f", "-", "--context", "c"], 2, "give it without --kubeconfig and --context"],
    [["-f", "-", "-o", "yaml"], 2, "text, json"],
    [
      ["--explain", "no-targets"],
      2,
      "there is no problem no-targets: expected one of not-readable, refused, unknown-field,",
    ],
    [["shop"], 2, "too many arguments"],
  ])("and %j end with %d", async (argv, code, said) => {
    const ran = await outrigger(["problems", ...argv]);
    expect({ code: ran.code, stdout: ran.stdout }).toEqual({ code, stdout: "" });
    expect(ran.stderr).toContain(said);
  });

  test("are coloured on a terminal only", async () => {
    const on = await outrigger(["problems", "-f", SHOP], { terminal: true });
    expect(on.stdout).toContain("\u001b[31merror  \u001b[0m");
    const off = await outrigger(["problems", "-f", SHOP], { terminal: true, environment: { NO_COLOR: "1" } });
    expect(off.stdout).not.toContain("\u001b[");
  });
});

describe("a cluster", () => {
  /** What the API server answers, by path without its query; everything else is not found, a number is a refusal. */
  let answers: Record<string, unknown>;
  let server: Server;
  let folder: string;

  beforeEach(async () => {
    answers = {
      "/version": { gitVersion: "v1.36.3" },
      "/api/v1/namespaces": list([namespace("shop")]),
      "/api/v1/services": list([]),
      "/apis/discovery.k8s.io/v1/endpointslices": list([]),
    };
    for (const kind of KINDS) answers[pathOf(kind)] = list([]);
    server = createServer((request, response) => {
      const answer = answers[(request.url ?? "").split("?")[0] as string] ?? 404;
      const status = typeof answer === "number" ? answer : 200;
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify(status === 200 ? answer : { kind: "Status", code: status, message: "no" }));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    folder = await mkdtemp(join(tmpdir(), "outrigger-problems-"));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const config = {
      "current-context": "c",
      contexts: [{ name: "c", context: { cluster: "c", user: "u" } }],
      clusters: [{ name: "c", cluster: { server: url } }],
      users: [{ name: "u", user: {} }],
    };
    await writeFile(join(folder, "kubeconfig"), JSON.stringify(config));
  });

  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await rm(folder, { recursive: true, force: true });
  });

  const run = (...argv: string[]) => outrigger(["problems", ...argv, "--kubeconfig", join(folder, "kubeconfig")]);
  const list = (items: readonly unknown[]) => ({ kind: "List", metadata: {}, items });
  const namespace = (name: string) => ({ metadata: { name, labels: { mesh: "main" } } });
  const pathOf = (kind: (typeof KINDS)[number]) => `/apis/appmesh.k8s.aws/v1beta2/${KIND_FACTS[kind].plural}`;

  test.each([
    [
      "has no block for them",
      { data: { Corefile: ".:53 {\n  errors\n}\n" } },
      ["name-not-answered shop/color spec.awsName"],
    ],
    ["answers them", { data: { Corefile: "pvt.local:53 {\n  forward . 10.0.0.2\n}\n" } }, []],
    ["is not to be read", 403, []],
    ["is not there", 404, []],
  ])("whose names are those of Cloud Map is asked for its Corefile, which %s", async (_, corefile, expected) => {
    const awsCloudMap = { namespaceName: "pvt.local", serviceName: "blue" };
    const at = (name: string) => ({ metadata: { name, namespace: "shop" } });
    const listeners = [{ portMapping: { port: 80, protocol: "http" } }];
    const provider = { virtualNode: { virtualNodeRef: { name: "blue" } } };
    for (const kind of KINDS) answers[pathOf(kind)] = list([]);
    answers[pathOf("Mesh")] = list([{ metadata: { name: "main" }, spec: { namespaceSelector: {} } }]);
    answers[pathOf("VirtualNode")] = list([{ ...at("blue"), spec: { listeners, serviceDiscovery: { awsCloudMap } } }]);
    answers[pathOf("VirtualService")] = list([{ ...at("color"), spec: { awsName: "color.pvt.local", provider } }]);
    answers["/api/v1/namespaces"] = list([namespace("shop")]);
    answers["/api/v1/namespaces/kube-system/configmaps/coredns"] = corefile;
    const { stdout } = await run("--output", "json");
    const { problems } = JSON.parse(stdout) as ProblemsReport;
    expect(briefly({ problems } as ProblemsReport)).toEqual(expected);
    expect(problems.map(({ mesh }) => mesh)).toEqual(expected.map(() => "main"));
  });

  test("is read as a whole, and entries of its lists need not say what they are", async () => {
    answers[pathOf("Mesh")] = list([{ metadata: { name: "main" }, spec: { namespaceSelector: {} } }]);
    const backends = [{ virtualService: { virtualServiceRef: { name: "gone" } } }];
    answers[pathOf("VirtualNode")] = list([{ metadata: { name: "web", namespace: "shop" }, spec: { backends } }]);
    const { code, stdout } = await run();
    expect(stdout).toContain("VirtualNode shop/web\n  error    missing-reference  spec.backends[0].virtualService\n");
    expect(stdout).toMatch(/^2 App Mesh objects: 1 error$/m);
    expect(code).toBe(1);
    expect((await run("-n", "shop")).code).toBe(1);
    expect((await run("--mesh", "main")).code).toBe(1);
  });

  test("is asked for the addresses that tell TCP services apart, of headless Services those of their slices", async () => {
    const listeners = [{ portMapping: { port: 5432, protocol: "tcp" } }];
    const serviceDiscovery = { dns: { hostname: "db.shop" } };
    const provider = { virtualNode: { virtualNodeRef: { name: "db" } } };
    const backends = ["one", "two"].map((name) => ({ virtualService: { virtualServiceRef: { name } } }));
    answers[pathOf("Mesh")] = list([{ metadata: { name: "main" }, spec: { namespaceSelector: {} } }]);
    answers[pathOf("VirtualService")] = list(
      ["one", "two"].map((name) => ({ metadata: { name, namespace: "shop" }, spec: { provider } })),
    );
    answers[pathOf("VirtualNode")] = list([
      { metadata: { name: "db", namespace: "shop" }, spec: { listeners, serviceDiscovery } },
      { metadata: { name: "web", namespace: "shop" }, spec: { backends } },
    ]);
    expect((await run()).stdout).toContain("error    alike-services  spec.backends\n");
    answers["/api/v1/services"] = list(
      ["one", "two", "db"].map((name) => ({ metadata: { name, namespace: "shop" }, spec: { clusterIP: "None" } })),
    );
    const slice = (service: string, address: string) => ({
      metadata: { name: service, namespace: "shop", labels: { "kubernetes.io/service-name": service } },
      endpoints: [{ addresses: [address] }],
    });
    answers["/apis/discovery.k8s.io/v1/endpointslices"] = list([slice("one", "10.0.0.1"), slice("two", "10.0.0.2")]);
    const apart = await run();
    expect(apart).toEqual({ code: 0, stdout: "5 App Mesh objects: no problems\n", stderr: "" });
  });

  test("is asked for the Services by which nodes are found, and what they lack is said", async () => {
    const spec = {
      listeners: [{ portMapping: { port: 8080, protocol: "http" } }],
      serviceDiscovery: { dns: { hostname: "web.shop.svc.cluster.local" } },
    };
    answers[pathOf("Mesh")] = list([{ metadata: { name: "main" }, spec: { namespaceSelector: {} } }]);
    answers[pathOf("VirtualNode")] = list([{ metadata: { name: "web", namespace: "shop" }, spec }]);
    const provider = { virtualNode: { virtualNodeRef: { name: "web" } } };
    answers[pathOf("VirtualService")] = list([{ metadata: { name: "web", namespace: "shop" }, spec: { provider } }]);
    const ports = [{ port: 80, targetPort: 8080 }];
    answers["/api/v1/services"] = list([
      { metadata: { name: "web", namespace: "shop" }, spec: { clusterIP: "10.96.0.1", ports } },
    ]);
    const { code, stdout } = await run();
    expect(code).toBe(1);
    expect(stdout).toContain(
      "Service shop/web, by which web is found, has no TCP port 8080, which is called there; it has 80\n",
    );
  });

  describe("whose replicas say what proxies reject", () => {
    const CONFIG_MAPS = "/api/v1/namespaces/appmesh-system/configmaps";
    const PODS = "/api/v1/namespaces/appmesh-system/pods";
    const web = { kind: "VirtualNode", namespace: "shop", name: "web" } as const;
    const pod = (name: string, ready = "True") => ({
      metadata: { name, namespace: "appmesh-system", uid: `uid-${name}` },
      spec: { serviceAccountName: "outrigger-control-plane" },
      status: { conditions: [{ type: "ContainersReady", status: ready }] },
    });
    const report = (name: string, accepting: number, rejecting: number, object: ObjectRef = web) => {
      const problem = "no filter\u001b[2Jnamed x";
      const rejections = [{ object, proxies: rejecting, type: "listener", name: "in", problem }];
      const nodes = [{ node: web, proxies: accepting + rejecting, current: accepting, rejecting }];
      const text = reportText({
        nodes,
        rejections: rejecting === 0 ? [] : rejections,
        behind: NOBODY_BEHIND,
        isWhole: true,
      });
      return reportConfigMap({ name, uid: `uid-${name}` }, text);
    };

    beforeEach(() => {
      answers[pathOf("Mesh")] = list([{ metadata: { name: "main" }, spec: { namespaceSelector: {} } }]);
      answers[pathOf("VirtualNode")] = list([{ metadata: { name: "web", namespace: "shop" }, spec: {} }]);
      answers[PODS] = list([pod("a"), pod("b"), pod("unready", "False")]);
      answers[CONFIG_MAPS] = list([report("a", 0, 2), report("b", 3, 1)]);
    });

    test("has it merged, in one line", async () => {
      const { code, stdout } = await run();
      expect(code).toBe(1);
      expect(stdout).toContain(
        "VirtualNode shop/web\n  error    rejected\n           3 of 6 proxies reject the listener in, which comes from it: no filter [2Jnamed x\n",
      );
      expect(stdout).not.toContain("\u001b");
    });

    test("believes no report of a pod that is gone, not ready or none of the control plane, and none that is too long", async () => {
      const long = report("b", 9, 9);
      const reports = [report("a", 0, 2), report("gone", 9, 9), report("unready", 9, 9)];
      answers[CONFIG_MAPS] = list([...reports, { ...long, data: { "report.json": "x".repeat(300_000) } }]);
      expect((await run()).stdout).toContain("2 of 2 proxies reject");
    });

    test("says nothing of an object that is not there", async () => {
      answers[CONFIG_MAPS] = list([report("a", 0, 2, { ...web, name: "gone" })]);
      expect((await run()).stdout).toBe("2 App Mesh objects: no problems\n");
    });

    test.each([
      [CONFIG_MAPS, "configmaps"],
      [PODS, "pods"],
    ])("is judged without them where %s may not be read, and that is said", async (path, what) => {
      answers[path] = 403;
      expect((await run()).stdout).toBe(
        `note: the cluster's domain is not known, and cluster.local is assumed\nnote: what proxies reject is not known: you are not allowed to list ${what} in namespace appmesh-system\n2 App Mesh objects: no problems\n`,
      );
    });
  });

  test("without App Mesh kinds has no problems, and that is said", async () => {
    for (const kind of KINDS) delete answers[pathOf(kind)];
    const { code, stdout } = await run();
    expect(stdout).toBe(
      "note: the App Mesh kinds are not installed, so there are no such objects: outrigger install --crds-only\n0 App Mesh objects: no problems\n",
    );
    expect(code).toBe(0);
  });

  test("in which some kinds are not installed says which", async () => {
    delete answers[pathOf("BackendGroup")];
    expect((await run()).stdout).toContain("of the App Mesh kinds backendgroups are not installed");
  });

  test("that does not let the user read all of it is not judged", async () => {
    answers[pathOf("VirtualService")] = 403;
    const { code, stdout, stderr } = await run();
    expect({ code, stdout }).toEqual({ code: 3, stdout: "" });
    expect(stderr).toContain("you are not allowed to list virtualservices; a mesh is looked at as a whole");
  });

  test("that does not have the namespace or the Mesh is not judged", async () => {
    const missing = await run("-n", "shopp");
    expect({ code: missing.code, stdout: missing.stdout }).toEqual({ code: 2, stdout: "" });
    expect(missing.stderr).toBe("outrigger: there is no namespace shopp: did you mean shop?\n");
    expect((await run("-n", "far-away")).stderr).toContain(
      "there is no namespace far-away: kubectl get namespaces lists",
    );
    const mesh = await run("--mesh", "main");
    expect({ code: mesh.code, stderr: mesh.stderr }).toEqual({
      code: 2,
      stderr: "outrigger: there is no Mesh main: none at all\n",
    });
  });
});
