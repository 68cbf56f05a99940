import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { applyPatch } from "../../src/inject/json-patch.ts";
import { parseManifest } from "../../src/manifest/parse.ts";
import type { JsonObject } from "../../src/model/json.ts";
import { outrigger } from "./command-line.ts";

const POD = `apiVersion: v1
kind: Pod
metadata:
  name: web # the name
  namespace: shop
spec:
  containers:
  - name: web
    image: 'nginx'
    ports:
    - containerPort: 8080
`;
const INDENTED = `apiVersion: v1
kind: Pod
metadata:
    name: web
spec:
    initContainers:
        # before all
        - image: init
          name: init
    containers:
        - name: web
          image: nginx
          # behind all
`;
const DENIED = POD.replace("name: web # the name", "name: denied\n  annotations: {appmesh.k8s.aws/ports: nonsense}");
const SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec:\n  clusterIP: 10.0.0.1 # kept\n";
const HOST = POD.replace("spec:", "spec:\n  hostNetwork: true");

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "outrigger-cli-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function file(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
  return path;
}

const documentsOf = (text: string) => parseManifest(text).documents.map(({ json }) => json as JsonObject);
const containersOf = (pod: JsonObject | undefined) => JSON.stringify(pod).match(/"name":"(proxyinit|envoy)"/g) ?? [];
const linesOf = (text: string) => text.split("\n");

function keptInOrder(before: string, after: string): boolean {
  let at = 0;
  const lines = linesOf(before);
  for (const line of linesOf(after)) if (line === lines[at]) at++;
  return at === lines.length;
}

describe("inject", () => {
  test("puts its lines into the input's own text", async () => {
    const { code, stdout, stderr } = await outrigger(["inject", "-f", await file("pod.yaml", POD)]);
    expect(code).toBe(0);
    expect(keptInOrder(POD, stdout)).toBe(true);
    expect(containersOf(documentsOf(stdout)[0])).toHaveLength(2);
    expect(stderr).toContain("wait for the mesh's trust");
  });

  test("reads standard input, and passes other documents through untouched", async () => {
    const text = `# head\n${SERVICE}---\n${POD}---\n{a: [1, 2]}\n`;
    const { code, stdout } = await outrigger(["inject", "-f", "-"], { stdin: text });
    expect(code).toBe(0);
    expect(stdout.startsWith(`# head\n${SERVICE}---\n`)).toBe(true);
    expect(stdout.endsWith("---\n{a: [1, 2]}\n")).toBe(true);
  });

  test("prints nothing at all when one pod is refused", async () => {
    const path = await file("denied.yaml", `${POD}---\n${DENIED}`);
    const { code, stdout, stderr } = await outrigger(["inject", "-f", path]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain(`${path}:13: document 2, Pod denied: refused (bad-annotation)`);
    expect(stderr).toContain("appmesh.k8s.aws/ports");
    expect(stderr).toContain("--keep-going");
    // nothing was printed that could wait for anything
    expect(stderr).not.toContain("wait for");
  });

  test("--keep-going passes the refused one through, injects the others, and still fails", async () => {
    const stdin = `${DENIED}---\n${POD}`;
    const { code, stdout, stderr } = await outrigger(["inject", "-f", "-", "--keep-going"], { stdin });
    expect(stderr).toContain("wait for the mesh's trust");
    expect(code).toBe(1);
    expect(stdout.startsWith(`${DENIED}---\n`)).toBe(true);
    expect(documentsOf(stdout).map((pod) => containersOf(pod).length)).toEqual([0, 2]);
  });

  test("a text that is no manifest refuses everything, with its line", async () => {
    const bad = await file("bad/b.yaml", "a: 1\nb: [\n");
    const good = await file("bad/a.yaml", POD);
    const both = await outrigger(["inject", "-f", dirname(bad)]);
    expect({ code: both.code, stdout: both.stdout }).toEqual({ code: 1, stdout: "" });
    expect(both.stderr).toContain(`${bad}: refused (bad-yaml): line `);
    const going = await outrigger(["inject", "-f", good, "-f", bad, "--keep-going"]);
    expect(going.code).toBe(1);
    expect(going.stdout.endsWith("---\na: 1\nb: [\n")).toBe(true);
  });

  test("one document that cannot be read passes through with --keep-going, and the others of its file are injected", async () => {
    const bad = "---\na: 1\nb: [\n";
    const stdin = `${POD}${bad}---\n${POD}`;
    const all = await outrigger(["inject", "-f", "-"], { stdin });
    expect({ code: all.code, stdout: all.stdout }).toEqual({ code: 1, stdout: "" });
    const going = await outrigger(["inject", "-f", "-", "--keep-going"], { stdin });
    expect(going.code).toBe(1);
    expect(going.stdout).toContain(bad);
    expect(going.stdout.match(/outrigger\.dev\/injected/g)).toHaveLength(2);
    const line = POD.split("\n").length + 3;
    expect(going.stderr).toMatch(new RegExp(`line ${line - 1}|line ${line}`));
  });

  test("a repeated key counts as kubectl counts it, with a warning, and stays in the text", async () => {
    const stdin = POD.replace("kind: Pod\n", "kind: Nothing\nkind: Pod\n");
    const { code, stdout, stderr } = await outrigger(["inject", "-f", "-"], { stdin });
    expect(code).toBe(0);
    expect(stderr).toContain("stdin:3: warning: the key kind stands twice in its map; kubectl takes the last one");
    expect(stdout).toContain("kind: Nothing\nkind: Pod\n");
    expect(stdout).toContain("outrigger.dev/injected");
  });

  test("says why a pod is left alone", async () => {
    const { code, stdout, stderr } = await outrigger(["inject", "-f", "-"], { stdin: HOST });
    expect({ code, stdout }).toEqual({ code: 0, stdout: HOST });
    expect(stderr).toContain("stdin:1: Pod web: not injected (host-network)");
  });

  test("a folder's files come in the order of their names, those below only with -R", async () => {
    await file("many/b.yml", SERVICE);
    await file("many/a.json", JSON.stringify({ apiVersion: "v1", kind: "ConfigMap" }));
    await file("many/.hidden.txt", "not: [a manifest");
    await file("many/below/c.yaml", "apiVersion: v1\nkind: Secret\n");
    const flat = await outrigger(["inject", "-f", join(folder, "many")]);
    expect(documentsOf(flat.stdout).map(({ kind }) => kind)).toEqual(["ConfigMap", "Service"]);
    const deep = await outrigger(["inject", "-R", "-f", join(folder, "many")]);
    expect(documentsOf(deep.stdout).map(({ kind }) => kind)).toEqual(["ConfigMap", "Service", "Secret"]);
  });

  test("JSON stays JSON, and a List stays a List", async () => {
    const [pod] = documentsOf(POD);
    const list = { apiVersion: "v1", kind: "List", items: [pod, { kind: "Service", apiVersion: "v1" }, pod] };
    const { code, stdout } = await outrigger(["inject", "-f", "-"], { stdin: JSON.stringify(list, null, 2) });
    expect(code).toBe(0);
    const { items } = JSON.parse(stdout) as { items: JsonObject[] };
    expect(items.map((item) => containersOf(item).length)).toEqual([2, 0, 2]);
  });
});

describe("inject --output", () => {
  test("patch is one JSON Patch a document, which fits it", async () => {
    const deployment = `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    metadata: {}\n    spec:\n      containers: [{name: web, image: nginx}]\n`;
    const { stdout } = await outrigger(["inject", "-f", "-", "-o", "patch"], { stdin: `${SERVICE}---\n${deployment}` });
    const [first, second] = linesOf(stdout);
    expect(first).toBe("[]");
    const patched = applyPatch(documentsOf(deployment)[0] as JsonObject, JSON.parse(second as string));
    const { stdout: yaml } = await outrigger(["inject", "-f", "-"], { stdin: deployment });
    expect(documentsOf(yaml)[0]).toEqual(patched);
  });

  test("json and yaml convert, and lose no digit", async () => {
    const stdin = POD.replace("image: 'nginx'", "image: 'nginx'\n    big: 9007199254740993");
    const json = await outrigger(["inject", "-f", "-", "-o", "json"], { stdin });
    expect(json.stdout).toContain('"big": 9007199254740993');
    const yaml = await outrigger(["inject", "-f", "-", "-o", "yaml"], { stdin: json.stdout });
    expect(yaml.stdout).toContain("big: 9007199254740993");
    expect(documentsOf(yaml.stdout)).toEqual(documentsOf(json.stdout));
  });

  test("of another kind is a usage error", async () => {
    const { code, stderr } = await outrigger(["inject", "-f", "-", "-o", "xml"]);
    expect(code).toBe(2);
    expect(stderr).toContain("yaml, json, patch");
  });
});

describe("inject is told what a cluster would be asked", () => {
  const nodeOf = (stdout: string) => /mesh\/[^"\\]+?\/virtual(Node|Gateway)\/[^"\\]+/.exec(stdout)?.[0];
  const BARE = POD.replace("  namespace: shop\n", "");

  test.each([
    [["--namespace", "other"], "mesh/my-mesh/virtualNode/other-web"],
    [["--owner", "Deployment/front"], "mesh/my-mesh/virtualNode/default-front"],
    [["--mesh-name", "their-mesh"], "mesh/their-mesh/virtualNode/default-web"],
  ])("%j", async (flags, node) => {
    const { stdout } = await outrigger(["inject", "-f", "-", ...flags], { stdin: BARE });
    expect(nodeOf(stdout)).toBe(node);
  });

  test("VirtualNodes and Meshes of a file, or of the input itself", async () => {
    const node = `apiVersion: appmesh.k8s.aws/v1beta2\nkind: VirtualNode\nmetadata: {name: node, namespace: shop}\nspec:\n  awsName: from-node\n  podSelector: {}\n  meshRef: {name: of-node}\n`;
    const mesh = `apiVersion: appmesh.k8s.aws/v1beta2\nkind: Mesh\nmetadata: {name: of-node}\nspec: {}\n`;
    const path = await file("mesh.yaml", `${node}---\n${mesh}`);
    const byFile = await outrigger(["inject", "-f", "-", "--virtual-nodes", path], { stdin: POD });
    const byInput = await outrigger(["inject", "-f", "-"], { stdin: `${node}---\n${mesh}---\n${POD}` });
    expect(nodeOf(byFile.stdout)).toBe("mesh/of-node/virtualNode/from-node");
    expect(nodeOf(byInput.stdout)).toBe("mesh/of-node/virtualNode/from-node");
  });

  test("a VirtualNode that is given twice as one, of which the input's counts", async () => {
    const node = (awsName: string) =>
      `apiVersion: appmesh.k8s.aws/v1beta2\nkind: VirtualNode\nmetadata: {name: node, namespace: shop}\nspec:\n  awsName: ${awsName}\n  podSelector: {}\n`;
    const path = await file("twice.yaml", node("before"));
    const { code, stdout } = await outrigger(["inject", "-f", "-", "--virtual-nodes", path], {
      stdin: `${node("now")}---\n${POD}`,
    });
    expect([code, nodeOf(stdout)]).toEqual([0, "mesh/my-mesh/virtualNode/now"]);
  });

  test("two VirtualNodes of different names as ambiguous", async () => {
    const node = (name: string) =>
      `apiVersion: appmesh.k8s.aws/v1beta2\nkind: VirtualNode\nmetadata: {name: ${name}, namespace: shop}\nspec: {podSelector: {}}\n`;
    const path = await file("two.yaml", node("one"));
    const stdin = `${node("two")}---\n${POD}`;
    const { code, stderr } = await outrigger(["inject", "-f", "-", "--virtual-nodes", path], { stdin });
    expect([code, stderr]).toEqual([1, expect.stringContaining("ambiguous-virtual-node")]);
  });

  test.each(["off", "true", "1.0", "7"])("no workload whose name is %s without quotes", async (name) => {
    const deployment = (written: string) =>
      `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: ${written}}\nspec:\n  template:\n    spec:\n      containers: [{name: web, image: web}]\n`;
    const { code, stdout, stderr } = await outrigger(["inject", "-f", "-", "--mesh-name", "m"], {
      stdin: deployment(name),
    });
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(
      /refused \(bad-pod\): Deployment: metadata.name is the (boolean|number) .*write it in quotes/,
    );
    const quoted = await outrigger(["inject", "-f", "-", "--mesh-name", "m"], { stdin: deployment(`"${name}"`) });
    expect(quoted.code).toBe(0);
    expect(quoted.stdout).toContain(`virtualNode/default-${name}`);
  });

  test.each(["null", "~", ""])("no workload whose name is %j, which is none", async (name) => {
    const stdin = `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: ${name}}\nspec:\n  template:\n    spec:\n      containers: [{name: web, image: web}]\n`;
    const { code, stderr } = await outrigger(["inject", "-f", "-", "--mesh-name", "m"], { stdin });
    expect(code).toBe(1);
    expect(stderr).toContain("neither the pod nor its owner has a name");
  });

  test("no label of a VirtualNode that is no text: without it, it would select every pod", async () => {
    const node = `apiVersion: appmesh.k8s.aws/v1beta2\nkind: VirtualNode\nmetadata: {name: node, namespace: shop}\nspec:\n  podSelector: {matchLabels: {version: 1.0}}\n`;
    const { code, stderr } = await outrigger(["inject", "-f", "-", "--mesh-name", "m"], {
      stdin: `${node}---\n${POD}`,
    });
    expect(code).toBe(1);
    expect(stderr).toContain("VirtualNode node: spec.podSelector.matchLabels.version is the number 1");
  });

  test("pods of any kind with a template, and it names what may make pods otherwise", async () => {
    const template = "{spec: {containers: [{name: work, image: work}]}}";
    const stdin = `apiVersion: keda.sh/v1alpha1\nkind: ScaledJob\nmetadata: {name: work}\nspec:\n  jobTargetRef:\n    template: ${template}\n---\napiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: {name: build}\nspec:\n  templates:\n    - {name: a, container: {image: a}}\n    - {name: b, container: {image: b}}\n`;
    const { code, stdout, stderr } = await outrigger(["inject", "-f", "-", "--mesh-name", "m"], { stdin });
    expect(code).toBe(0);
    expect(stdout).toContain("virtualNode/default-work");
    expect(stderr).toMatch(
      /Workflow build: not injected here: pods may be made from spec\.templates\.0\.container and 1 more places,.*webhook/,
    );
    const back = await outrigger(["uninject", "-f", "-"], { stdin: stdout });
    expect(back).toEqual({ code: 0, stdout: stdin, stderr: "" });
  });

  test("the namespace's label, by a flag or by a Namespace of the input", async () => {
    const namespace = `apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n  labels: {appmesh.k8s.aws/sidecarInjectorWebhook: disabled}\n`;
    const byInput = await outrigger(["inject", "-f", "-"], { stdin: `${namespace}---\n${POD}` });
    expect(byInput.stderr).toContain("not injected (not-opted-in)");
    const byFlag = await outrigger(["inject", "-f", "-", "--namespace-label", "enabled"], {
      stdin: `${namespace}---\n${POD}`,
    });
    expect(containersOf(documentsOf(byFlag.stdout)[1])).toHaveLength(2);
  });

  test("the mesh's trust, later too", async () => {
    const pem = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
    const trust = await file("trust.pem", pem);
    const without = await outrigger(["inject", "-f", "-"], { stdin: POD });
    const added = await outrigger(["inject", "-f", "-", "--trust", trust], { stdin: without.stdout });
    const refreshed = await outrigger(["inject", "-f", "-", "--refresh", "--trust", trust], { stdin: without.stdout });
    for (const { code, stdout, stderr } of [added, refreshed]) {
      expect(code).toBe(0);
      expect(documentsOf(stdout)[0]).toMatchObject({ metadata: { annotations: { "outrigger.dev/trust": pem } } });
      expect(stderr).not.toContain("wait for");
    }
  });

  test.each([
    ["--owner", "Deployment", "expected KIND/NAME"],
    ["--trust", "package.json", "expected PEM certificates"],
  ])("%s %s is a usage error", async (flag, value, message) => {
    const { code, stderr } = await outrigger(["inject", "-f", "-", flag, value], { stdin: POD });
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });
});

describe("inject again, and uninject", () => {
  test("a second injection changes nothing, nor does a refresh by the same release", async () => {
    const once = await outrigger(["inject", "-f", "-"], { stdin: POD });
    const twice = await outrigger(["inject", "-f", "-"], { stdin: once.stdout });
    const refreshed = await outrigger(["inject", "-f", "-", "--refresh"], { stdin: once.stdout });
    expect(twice.stdout).toBe(once.stdout);
    expect(refreshed.stdout).toBe(once.stdout);
  });

  test("a refresh with another configuration gives what a first injection would", async () => {
    const environment = { MESH_NAME: "other" };
    const once = await outrigger(["inject", "-f", "-"], { stdin: POD });
    const refreshed = await outrigger(["inject", "-f", "-", "--refresh"], { stdin: once.stdout, environment });
    const fresh = await outrigger(["inject", "-f", "-"], { stdin: POD, environment });
    expect(documentsOf(refreshed.stdout)).toEqual(documentsOf(fresh.stdout));
    expect(keptInOrder(POD, refreshed.stdout)).toBe(true);
  });

  test.each([
    ["as it is", POD],
    ["without a line break at its end", POD.trimEnd()],
    ["with Windows line breaks", POD.replaceAll("\n", "\r\n")],
    ["with an empty map of annotations", POD.replace("  namespace", "  annotations: {}\n  namespace")],
    ["with nothing below annotations", POD.replace("  namespace", "  annotations: # to come\n  namespace")],
    ["with indented lists", INDENTED],
    ["as JSON", `${JSON.stringify(documentsOf(POD)[0], null, 2)}\n`],
  ])("gives back the bytes of the input %s", async (_name, text) => {
    const there = await outrigger(["inject", "-f", "-"], { stdin: text });
    expect(there.code).toBe(0);
    expect(there.stdout).not.toBe(text);
    const back = await outrigger(["uninject", "-f", "-"], { stdin: there.stdout });
    expect(back).toEqual({ code: 0, stdout: text, stderr: "" });
  });

  test("a sidecar that was changed by hand is refused", async () => {
    const { stdout } = await outrigger(["inject", "-f", "-"], { stdin: POD });
    const changed = stdout.replace("- name: proxyinit", "- name: renamed");
    for (const command of ["uninject", "inject"]) {
      const { code, stderr, ...rest } = await outrigger([command, "-f", "-"], { stdin: changed });
      expect({ code, stdout: rest.stdout }).toEqual({ code: 1, stdout: "" });
      expect(stderr).toContain("refused (record-mismatch)");
    }
  });
});
