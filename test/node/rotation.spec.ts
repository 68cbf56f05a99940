import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type KubeClient, kubeClient } from "../../src/kube/client.ts";
import { kubeEndpoint } from "../../src/kube/endpoint.ts";
import { type JsonObject, member, numberOf, objectsOf, stringMapOf, stringOf } from "../../src/model/json.ts";
import { INJECT_KEY, RECORD_KEY } from "../../src/model/names.ts";
import { parseState, STATE_KEY } from "../../src/pki/authority-format.ts";
import type { AuthorityState } from "../../src/pki/authority-state.ts";
import { createNamespace, kubectl, type Outcome, outcomeOf } from "./kubectl.ts";

/*
 * Both authorities, the webhook's and the mesh's, leaf and root, rotated while pods are created ten times a second and proxies are
 * connected: no creation fails, no pod slips through, every stream comes back by itself.
 */

const MAIN = join(import.meta.dirname, "../../src/cli/main.ts");
const NAMESPACE = "rotation";
const INSTALL_MS = 400_000;
/** Milliseconds between two pods. */
const PACE = 100;
const PROXIES = 3;
/** Leaves and streams last half a minute, and a kubelet gets as long to bring an annotation into a container. */
const SETTINGS = `
meshName: mynewmesh
webhook:
  certificates: { leafSeconds: 30, settleSeconds: 10 }
controlPlane:
  certificates: { leafSeconds: 30, settleSeconds: 30 }
  streamMaxAgeSeconds: 15
`;
const AUTHORITIES = {
  webhook: "/api/v1/namespaces/appmesh-inject/secrets/aws-app-mesh-inject-authority",
  mesh: "/api/v1/namespaces/appmesh-system/secrets/outrigger-authority",
} as const;

let client: KubeClient;
let folder: string;
const { signal } = new AbortController();

beforeAll(async () => {
  client = kubeClient(await kubeEndpoint("", process.env));
  folder = await mkdtemp(join(tmpdir(), "outrigger-rotation-"));
  const file = join(folder, "config.yaml");
  await writeFile(file, SETTINGS);
  done(await outrigger("install", "--ha", "--config", file));
  await createNamespace(NAMESPACE, { [INJECT_KEY]: "enabled" });
}, INSTALL_MS);

afterAll(async () => {
  await outcomeOf("kubectl", ["delete", "namespace", NAMESPACE, "--ignore-not-found", "--wait=false"]);
  await outrigger("uninstall");
  await rm(folder, { recursive: true, force: true });
}, INSTALL_MS);

function outrigger(...args: readonly string[]): Promise<Outcome> {
  return outcomeOf(process.execPath, [MAIN, ...args]);
}

/** What a command printed. @throws Error with what it said when it failed. */
function done({ code, stdout, stderr }: Outcome): string {
  if (code !== 0) throw new Error(`exit code ${code}: ${stderr}`);
  return stdout;
}

async function read(path: string): Promise<JsonObject> {
  return await client.get(path, { content: "whole", signal, timeout: 30_000 });
}

async function stateOf(name: keyof typeof AUTHORITIES): Promise<AuthorityState> {
  const data = stringOf(member(member(await read(AUTHORITIES[name]), "data"), STATE_KEY)) ?? "";
  return parseState(Buffer.from(data, "base64").toString(), name);
}

/** Since when each proxy of the test has its stream, by the name of its pod. */
async function streams(): Promise<ReadonlyMap<string, Date>> {
  const status = JSON.parse(done(await outrigger("status", "--output", "json"))) as JsonObject;
  return new Map(
    objectsOf(member(status["controlPlane"], "streams"))
      .filter((stream) => member(stream["pod"], "namespace") === NAMESPACE)
      .map((stream) => [stringOf(member(stream["pod"], "name")) ?? "", new Date(stringOf(stream["since"]) ?? 0)]),
  );
}

/** Waits until every proxy has a stream that began after an instant. */
async function untilStreamsAfter(instant: Date): Promise<void> {
  await expect
    .poll(async () => [...(await streams()).values()].filter((since) => since > instant).length, {
      timeout: 90_000,
      interval: 1_000,
    })
    .toBe(PROXIES);
}

function pod(metadata: JsonObject, spec: JsonObject): JsonObject {
  return { apiVersion: "v1", kind: "Pod", metadata: { namespace: NAMESPACE, ...metadata }, spec };
}

async function create(object: JsonObject): Promise<JsonObject> {
  const path = `/api/v1/namespaces/${NAMESPACE}/pods`;
  return await client.send({ method: "POST", path, body: object, signal, timeout: 30_000 });
}

/** A pod that no node takes: it is created and injected, and costs nothing. */
const WAITING = pod(
  { generateName: "waiting-" },
  {
    nodeSelector: { "rotation.test/node": "none" },
    containers: [{ name: "app", image: "testbed/app:1", ports: [{ containerPort: 8080 }] }],
  },
);

test("both authorities are rotated, leaf and root: no pod fails or slips through, every stream comes back", {
  timeout: 600_000,
}, async () => {
  const containers = [
    { name: "app", image: "testbed/app:1", args: ["serve", "--http", "8080"], ports: [{ containerPort: 8080 }] },
  ];
  for (let index = 0; index < PROXIES; index++) {
    await create(
      pod({ name: `proxy-${index}`, labels: { part: "proxy" } }, { terminationGracePeriodSeconds: 1, containers }),
    );
  }
  await kubectl(
    "wait",
    "--namespace",
    NAMESPACE,
    "--for=condition=Ready",
    "pod",
    "--selector=part=proxy",
    "--timeout=150s",
  );
  await untilStreamsAfter(new Date(0));

  const before = { webhook: await stateOf("webhook"), mesh: await stateOf("mesh") };
  const failures: string[] = [];
  let created = 0;
  let isDone = false;
  async function createOne(): Promise<void> {
    try {
      const { metadata } = await create(WAITING);
      created++;
      if (!(RECORD_KEY in stringMapOf(member(metadata, "annotations")))) failures.push("a pod slipped through");
    } catch (error) {
      failures.push((error as Error).message);
    }
  }
  async function createPods(): Promise<void> {
    const calls: Promise<void>[] = [];
    while (!isDone) {
      calls.push(createOne());
      await wait(PACE);
    }
    await Promise.all(calls);
  }

  const load = createPods();
  try {
    for (const name of ["webhook", "mesh"] as const) {
      const printed = done(await outrigger("trust", "rotate", `--${name}`, "--output", "json"));
      const [rotation] = objectsOf((JSON.parse(printed) as JsonObject)["rotations"]);
      const after = await stateOf(name);
      expect(rotation?.["active"]).toBe(after.active.id);
      expect(after.previous.map(({ id }) => id)).toContain(before[name].active.id);
    }
    // streams that stood before end by their age, and begin again, to certificates of the new root only
    await untilStreamsAfter(new Date());
    // leaves go on being renewed meanwhile; in the end the former roots are trusted by nobody
    for (const name of ["webhook", "mesh"] as const) {
      await expect
        .poll(async () => (await stateOf(name)).previous.length, { timeout: 120_000, interval: 1_000 })
        .toBe(0);
    }
    await untilStreamsAfter(new Date());
  } finally {
    isDone = true;
    await load;
  }
  expect(failures).toEqual([]);
  expect(created).toBeGreaterThan(300);
  const status = JSON.parse(done(await outrigger("trust", "status", "--output", "json"))) as JsonObject;
  for (const authority of objectsOf(status["authorities"])) {
    const roots = objectsOf(authority["roots"]);
    expect(roots).toMatchObject([{ state: "active", published: true }]);
    if (authority["authority"] === "mesh") expect(numberOf(roots[0]?.["pods"])).toBe(numberOf(authority["pods"]));
  }
});
