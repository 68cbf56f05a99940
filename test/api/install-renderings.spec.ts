import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { titleOf } from "../../src/install/objects/object-name.ts";
import type { Json, JsonObject } from "../../src/model/json.ts";
import { helmBinary } from "../../testbed/binaries/helm-binary.ts";
import { progressOnStderr } from "../../testbed/progress.ts";
import { outrigger } from "./command-line.ts";

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, "../..");
const CHART = join(ROOT, "charts/outrigger");
const SCRIPT = join(ROOT, "scripts/install.sh");
/** Nothing of it means anything to a shell, to YAML or to a template language. */
const HOSTILE = `a "b" 'c' \\ $(touch x) \`d\` \${HOME} {{ .Values.ha }} & # %s: [yes] é`;
const HELM_BUILD_MS = 900_000;

let helm: string;
let folder: string;

beforeAll(async () => {
  helm = await helmBinary(progressOnStderr);
  folder = await mkdtemp(join(tmpdir(), "outrigger-renderings-"));
}, HELM_BUILD_MS);

afterAll(() => rm(folder, { recursive: true, force: true }));

/** By title, with texts of configuration as what they say: how a YAML writer quotes is not compared. */
function objectsOf(text: string): ReadonlyMap<string, JsonObject> {
  const documents = parseAllDocuments(text, { version: "1.1" }).map((document) => {
    expect(document.errors).toEqual([]);
    return document.toJS() as JsonObject | null;
  });
  const objects = documents.filter((object) => object !== null).map(readable);
  expect(new Set(objects.map(titleOf)).size).toBe(objects.length);
  return new Map(objects.map((object) => [titleOf(object), object]));
}

function readable(object: JsonObject): JsonObject {
  const text = JSON.stringify(object, (key, value: Json) =>
    (key === "config.yaml" || key === "outrigger.dev/configuration") && typeof value === "string"
      ? parse(value)
      : value,
  );
  return JSON.parse(text) as JsonObject;
}

async function installed(...options: readonly string[]): Promise<ReadonlyMap<string, JsonObject>> {
  const { code, stdout, stderr } = await outrigger(["install", "--output", "yaml", ...options]);
  expect(stderr).toBe("");
  expect(code).toBe(0);
  return objectsOf(stdout);
}

async function charted(values: JsonObject): Promise<ReadonlyMap<string, JsonObject>> {
  const file = join(folder, "values.json");
  await writeFile(file, JSON.stringify(values));
  return objectsOf((await run(helm, ["template", "outrigger", CHART, "--values", file])).stdout);
}

async function kustomized(path: string): Promise<ReadonlyMap<string, JsonObject>> {
  return objectsOf((await run(inject("cluster").kubectl, ["kustomize", path])).stdout);
}

/** What the script would apply: its functions without its last line, which runs them. */
async function scripted(
  given: Readonly<Record<string, string>>,
  ...calls: readonly string[]
): Promise<ReadonlyMap<string, JsonObject>> {
  const script = (await readFile(SCRIPT, "utf8")).replace(/\nmain "\$@"[^\n]*\n$/, "\n");
  const text = `${script}\nread_options\nread_mesh_name\nread_image\n${calls.join("\n")}\n`;
  // a file: as one argument it would be too long
  const file = join(folder, "functions.sh");
  await writeFile(file, text);
  return objectsOf((await run("bash", [file], { env: { ...process.env, ...given } })).stdout);
}

const WHOLE = [
  "control_plane_namespace",
  "control_plane_manifest",
  "control_plane_registrations",
  "injector_namespace",
  "injector_manifest",
  "registration_manifest",
];

test.each(["mynewmesh", "yes", "1e3", HOSTILE])("chart, script and command line agree on the mesh %j", async (mesh) => {
  const wanted = await installed("--mesh-name", mesh);
  expect(wanted.size).toBe(31);
  expect(await scripted({ MESH_NAME: mesh }, ...WHOLE)).toEqual(wanted);
  expect(await charted({ configuration: { meshName: mesh } })).toEqual(wanted);
});

test.each(["registry.example:5000/mesh/outrigger:0.1.0-test", `registry.example/outrigger@sha256:${"0a".repeat(32)}`])(
  "script and command line agree on the image %s",
  async (image) => {
    const wanted = await installed("--mesh-name", "m", "--image", image);
    expect(await scripted({ MESH_NAME: "m", OUTRIGGER_IMAGE: image }, ...WHOLE)).toEqual(wanted);
  },
);

test.each(["serve", "observe"])("chart, script and command line agree on a mesh that they %s", async (mesh) => {
  const settings = { meshName: "m", controlPlane: { mesh } };
  const file = join(folder, "mode.yaml");
  await writeFile(file, JSON.stringify(settings));
  const wanted = await installed("--config", file);
  expect(await scripted({ MESH_NAME: "m", OUTRIGGER_CONTROL_PLANE_MESH: mesh }, ...WHOLE)).toEqual(wanted);
  expect(await charted({ configuration: settings })).toEqual(wanted);
});

test("kustomize's example and the command line agree", async () => {
  const wanted = await installed("--mesh-name", "mynewmesh");
  expect(await kustomized(join(ROOT, "deploy/kustomize/example"))).toEqual(wanted);
});

test("kustomize's component for two replicas is what --ha is", async () => {
  const path = (name: string): string => relative(folder, join(ROOT, "deploy/kustomize", name));
  await writeFile(
    join(folder, "kustomization.yaml"),
    JSON.stringify({ resources: [path("example")], components: [path("ha")] }),
  );
  expect(await kustomized(folder)).toEqual(await installed("--mesh-name", "mynewmesh", "--ha"));
});

test("one part alone is the same everywhere", async () => {
  const injector = await installed("--mesh-name", "m", "--injector-only");
  expect(await charted({ configuration: { meshName: "m" }, components: { controlPlane: false } })).toEqual(injector);
  expect(
    await scripted({ MESH_NAME: "m" }, "injector_namespace", "injector_manifest", "registration_manifest"),
  ).toEqual(injector);
  const controlPlane = await installed("--control-plane-only");
  expect(await charted({ components: { injector: false } })).toEqual(controlPlane);
  expect(await kustomized(join(ROOT, "deploy/kustomize/control-plane"))).toEqual(controlPlane);
});

describe("the chart and the command line agree on", () => {
  const switches = [
    { values: { ha: true }, flags: ["--ha"] },
    { values: { certManager: true }, flags: ["--cert-manager"] },
    { values: { priorityClass: "system-cluster-critical" }, flags: ["--priority-class", "system-cluster-critical"] },
    { values: { failurePolicy: "Fail" }, flags: ["--failure-policy", "Fail"] },
    {
      values: { image: "registry.example/outrigger@sha256:00" },
      flags: ["--image", "registry.example/outrigger@sha256:00"],
    },
  ];
  const combinations = Array.from({ length: 2 ** switches.length }, (_, bits) =>
    switches.filter((_switch, index) => ((bits >> index) & 1) === 1),
  );
  test.each(combinations.map((some) => [some.flatMap(({ flags }) => flags).join(" ") || "nothing", some] as const))(
    "%s",
    async (_title, some) => {
      const values = Object.assign({ configuration: { meshName: "m" } }, ...some.map((one) => one.values));
      expect(await charted(values)).toEqual(await installed("--mesh-name", "m", ...some.flatMap(({ flags }) => flags)));
    },
  );

  test("settings", async () => {
    const settings = {
      meshName: "m",
      excludedNamespaces: ["vault", "kube-system", "vault"],
      proxy: { uid: 1400, image: "registry.example/envoy:1" },
      capture: { image: "registry.example/capture:1" },
      webhook: { shutdownSeconds: 90 },
    };
    const file = join(folder, "settings.yaml");
    await writeFile(file, JSON.stringify(settings));
    expect(await charted({ configuration: settings })).toEqual(await installed("--config", file));
  });
});

test.each([
  [{ configuration: { meshNam: "m" } }, "meshNam"],
  [{ configuration: { meshName: "m", proxy: { uid: 0 } } }, "uid"],
  [{ configuration: { meshName: "m", webhook: { listen: ":1" } } }, "listen"],
  [{ configuration: { meshName: "m" }, failurePolicy: "Perhaps" }, "failurePolicy"],
  [{}, "set configuration.meshName"],
])("the chart refuses %j and says what is wrong", async (values, named) => {
  await expect(charted(values)).rejects.toThrow(named);
});

test("the chart can leave the namespaces to others", async () => {
  const titles = [...(await charted({ configuration: { meshName: "m" }, createNamespaces: false })).keys()];
  expect(titles).toHaveLength(29);
  expect(titles.filter((title) => title.startsWith("Namespace"))).toEqual([]);
});

test("the chart passes helm's own check", async () => {
  await run(helm, ["lint", "--strict", CHART, "--set", "configuration.meshName=m"]);
});
