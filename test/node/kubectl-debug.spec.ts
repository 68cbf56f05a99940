import { afterAll, beforeAll, expect, test } from "vitest";
import { type JsonObject, member, objectsOf, stringOf } from "../../src/model/json.ts";
import { RECORD_KEY } from "../../src/model/names.ts";
import { apply, kubectl, outcomeOf } from "./kubectl.ts";
import { TestNamespace } from "./sidecar/app-pod.ts";
import { installed } from "./sidecar/installed.ts";

/* What the real kubectl makes of pods with a sidecar, in all the forms of `kubectl debug`. */

const MESH = new TestNamespace("debugging");
const PREPARE_MS = 300_000;
const SLEEP = ["--", "sleep", "1d"];

/** Copies by name: the flags, and the virtual node that the copy says it is. */
const COPIES: Readonly<Record<string, readonly [flags: readonly string[], node: string]>> = {
  plain: [["--image=busybox", "--container=dbg", ...SLEEP], "debugging-plain"],
  unshared: [["--image=busybox", "--share-processes=false", ...SLEEP], "debugging-unshared"],
  "same-node": [["--image=busybox", "--same-node", ...SLEEP], "debugging-same-node"],
  shell: [["--container=app", ...SLEEP], "debugging-shell"],
  labels: [["--image=busybox", "--keep-labels", ...SLEEP], "debugging-labels"],
  "no-init": [["--image=busybox", "--keep-init-containers=false", ...SLEEP], "debugging-no-init"],
  // kubectl leaves a copy as it is when nothing but images is asked for
  image: [["--set-image=*=testbed/app:1"], "debugging-web"],
  // these keep the record, and with it the sidecar of the original
  annotations: [["--image=busybox", "--keep-annotations", ...SLEEP], "debugging-web"],
  legacy: [["--image=busybox", "--profile=legacy", ...SLEEP], "debugging-web"],
  all: [
    [
      "--image=busybox",
      "--keep-annotations",
      "--keep-labels",
      "--keep-liveness",
      "--keep-readiness",
      "--keep-startup",
      ...SLEEP,
    ],
    "debugging-web",
  ],
};

const debug = (...args: readonly string[]) => outcomeOf("kubectl", ["--namespace", MESH.name, "debug", ...args]);

beforeAll(async () => {
  await Promise.all([installed(), MESH.create()]);
  await apply(
    MESH.pod("web", {
      container: {
        livenessProbe: { httpGet: { path: "/probe/ready", port: 8080 } },
        readinessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 },
      },
      spec: { initContainers: [{ name: "init", image: "busybox", command: ["true"] }] },
    }),
  );
  await MESH.ready("web");
}, PREPARE_MS);

afterAll(() => MESH.delete());

async function podOf(name: string): Promise<JsonObject> {
  return JSON.parse(await MESH.kubectl("get", "pod", name, "--output=json")) as JsonObject;
}

function resourceOf(pod: JsonObject): unknown {
  const record = stringOf(member(member(member(pod, "metadata"), "annotations"), RECORD_KEY)) ?? "{}";
  return member(JSON.parse(record) as JsonObject, "resource");
}

test("every copy runs, with a sidecar that is its own, or the original's where that is kept", async () => {
  const said = new Map<string, string>();
  await MESH.kubectl("delete", "pod", ...Object.keys(COPIES), "--ignore-not-found", "--grace-period=1");
  for (const [name, [flags]] of Object.entries(COPIES)) {
    const { code, stderr } = await debug("web", `--copy-to=${name}`, "--attach=false", ...flags);
    expect({ name, code, stderr }).toMatchObject({ name, code: 0 });
    said.set(name, stderr);
  }
  await MESH.ready(...Object.keys(COPIES));
  const pods = await Promise.all(Object.keys(COPIES).map(podOf));
  for (const [index, [name, [, node]]] of Object.entries(COPIES).entries()) {
    const pod = pods[index] as JsonObject;
    expect({ name, resource: resourceOf(pod) }).toEqual({ name, resource: `mesh/mynewmesh/virtualNode/${node}` });
    const containers = objectsOf(member(member(pod, "spec"), "initContainers")).map((container) => container["name"]);
    expect({ name, containers }).toEqual({
      name,
      containers: name === "no-init" ? ["envoy", "proxyinit"] : ["envoy", "proxyinit", "init"],
    });
    expect((said.get(name) ?? "").includes("gets one of its own")).toBe(node !== "debugging-web");
  }
});

test("a copy that keeps the record but not what it lists is refused, and told what helps", async () => {
  const { code, stderr } = await debug(
    "web",
    "--copy-to=torn",
    "--image=busybox",
    "--keep-annotations",
    "--keep-init-containers=false",
    "--attach=false",
    ...SLEEP,
  );
  expect(code).toBe(1);
  expect(stderr).toContain("kubectl debug --keep-annotations: keep the init containers too");
});

test("a container in the running pod never asks the injector", async () => {
  const before = objectsOf(member(member(await podOf("web"), "spec"), "initContainers")).length;
  const { code, stderr } = await debug("web", "--image=busybox", "--container=eph", "--attach=false", ...SLEEP);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  const { spec } = (await podOf("web")) as { spec: JsonObject };
  expect(objectsOf(spec["ephemeralContainers"]).map(({ name }) => name)).toEqual(["eph"]);
  expect(objectsOf(spec["initContainers"])).toHaveLength(before);
});

test("a node's debugger has the node's network, and no sidecar", async () => {
  const node = (await kubectl("get", "nodes", "--output=jsonpath={.items[0].metadata.name}")).trim();
  const { code, stderr } = await debug(`node/${node}`, "--image=busybox", "--attach=false", "--", "true");
  expect({ code, stderr }).toMatchObject({ code: 0 });
  const names = (await MESH.kubectl("get", "pods", "--output=name")).split("\n");
  const pod = await podOf(names.find((name) => name.startsWith("pod/node-debugger"))?.slice("pod/".length) ?? "");
  expect(member(member(pod, "spec"), "initContainers")).toBeUndefined();
});
