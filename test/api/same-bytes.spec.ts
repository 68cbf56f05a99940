import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { LookUp } from "../../src/cluster/pod-facts.ts";
import type { ConfigurationInput } from "../../src/config/schema.ts";
import { inject } from "../../src/index.ts";
import type { PodFacts } from "../../src/model/facts.ts";
import type { JsonObject } from "../../src/model/json.ts";
import { meshFacts, nodeFacts } from "../../src/model/mesh-objects.ts";
import { INJECT_KEY } from "../../src/model/names.ts";
import { createAuthority } from "../../src/pki/authority.ts";
import { validFor } from "../../src/pki/key-pair.ts";
import { RELEASE } from "../../src/release.ts";
import { offlineLookUp } from "../../src/webhook/offline.ts";
import { CORPUS_NOTE, type CorpusNamespace, corpusNamespaces, corpusPods, HAS_CORPUS } from "../corpus.ts";
import { call, parsed, review, testWebhook } from "../webhook-harness.ts";
import { outrigger } from "./command-line.ts";
import { nginx } from "./namespaces.ts";

// One decision about one pod, asked in the three ways there are, for the same facts.

const NOWHERE: CorpusNamespace = { name: "same-bytes", labels: {}, meshObjects: [] };

let folder = "";
let trust = "";

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "outrigger-same-bytes-"));
  trust = (await createAuthority("mesh authority of a test", validFor(1, new Date()))).certificate;
  writeFileSync(join(folder, "trust.pem"), trust);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Way {
  readonly title: string;
  readonly configuration: ConfigurationInput;
  /** The same settings as flags. */
  readonly flags: readonly string[];
  readonly trusting: boolean;
}

const WAYS: readonly Way[] = [
  { title: "without trust", configuration: {}, flags: [], trusting: false },
  { title: "with the mesh's trust", configuration: {}, flags: [], trusting: true },
  {
    title: "of the aws flavor",
    configuration: { flavor: "aws", region: "us-west-2" },
    flags: ["--flavor", "aws", "--region", "us-west-2"],
    trusting: false,
  },
  {
    title: "without a control plane",
    configuration: { proxy: { controlPlane: "none", logLevel: "debug" } },
    flags: ["--proxy-control-plane", "none", "--proxy-log-level", "debug"],
    trusting: false,
  },
];

/** Pods whose text could be written in more than one way. */
const AWKWARD: readonly JsonObject[] = [
  awkward("half a surrogate pair", "\ud83d"),
  awkward("what HTML and shells care for", "<&>'\"`$(HOSTNAME) $$ \\"),
  awkward("beyond the basic plane", "🛶 naïve Ångström"),
  nginx({
    name: "owned",
    ownerReferences: [{ apiVersion: "apps/v1", kind: "StatefulSet", name: "db", uid: "1", controller: true }],
  }),
  nginx({ generateName: "generated-" }),
  nginx({ name: "refused", annotations: { "appmesh.k8s.aws/ports": "http" } }),
  nginx({ name: "skipped", annotations: { "appmesh.k8s.aws/sidecarInjectorWebhook": "disabled" } }),
];

function awkward(_what: string, value: string): JsonObject {
  const environment = { "appmesh.k8s.aws/sidecarEnvJson": JSON.stringify([{ VALUE: value }]) };
  const probe = { httpGet: { port: 80, path: `/${value}`, httpHeaders: [{ name: "x-value", value }] } };
  return {
    ...nginx({ name: "awkward", annotations: environment }),
    spec: { containers: [{ name: "web", image: "web", ports: [{ containerPort: 80 }], livenessProbe: probe }] },
  };
}

/** JSON of each pod's patch out of the webhook's answers; `[]` where an answer carries none. */
async function fromWebhook(
  pods: readonly JsonObject[],
  { configuration, trusting, world }: Way & { readonly world: CorpusNamespace },
): Promise<string[]> {
  const trustFile = trusting ? { trust: join(folder, "trust.pem") } : {};
  const facts = { lookUp: lookUpIn(world), ages: () => new Map(), checks: [] };
  const started = await testWebhook(
    { ...configuration, webhook: trustFile },
    { release: RELEASE, ...(world !== NOWHERE && { facts }) },
  );
  try {
    const patches: string[] = [];
    for (const pod of pods) {
      const answer = await call(started, JSON.stringify(review(pod, { namespace: world.name })));
      const { patch } = parsed(answer).response;
      patches.push(patch === undefined ? "[]" : Buffer.from(patch, "base64").toString());
    }
    return patches;
  } finally {
    await started.stop();
  }
}

/** What the caches would know of a walkthrough's namespace. */
function lookUpIn({ labels, meshObjects }: CorpusNamespace): LookUp {
  const offline = offlineLookUp(() => ({ kind: "later" }));
  const ofKind = (kind: string) => meshObjects.filter((object) => object.kind === kind);
  return (pod, namespace) => ({
    ...(offline(pod, namespace) as PodFacts),
    namespace: { name: namespace, labels: { ...labels, [INJECT_KEY]: "enabled" }, annotations: {} },
    virtualNodes: ofKind("VirtualNode").map(nodeFacts),
    virtualGateways: ofKind("VirtualGateway").map(nodeFacts),
    meshes: ofKind("Mesh").map(meshFacts),
  });
}

function fromLibrary(
  pods: readonly JsonObject[],
  { configuration, trusting, world }: Way & { readonly world: CorpusNamespace },
): string[] {
  const { name, labels, meshObjects } = world;
  const namespace = { name, labels: { ...labels, [INJECT_KEY]: "enabled" }, annotations: {} };
  const settings = { meshName: "test", ...configuration };
  return pods.map((pod) => {
    const result = inject({ pod, namespace, meshObjects, configuration: settings, ...(trusting && { trust }) });
    return JSON.stringify(result.patch);
  });
}

/** The lines that `outrigger inject --output patch` prints for a stream of documents. */
async function fromCommandLine(
  pods: readonly JsonObject[],
  { flags, trusting, world }: Way & { readonly world: CorpusNamespace },
): Promise<string[]> {
  const objects = join(folder, `${world.name}.json`);
  const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name: world.name, labels: world.labels } };
  writeFileSync(objects, [namespace, ...world.meshObjects].map((object) => JSON.stringify(object)).join("\n"));
  const argv = ["inject", "-f", "-", "--output", "patch", "--keep-going", "--namespace", world.name];
  const settings = ["--mesh-name", "test", ...flags, ...(trusting ? ["--trust", join(folder, "trust.pem")] : [])];
  const input = pods.map((pod) => JSON.stringify(pod)).join("\n");
  const { code, stdout, stderr } = await outrigger([...argv, "--virtual-nodes", objects, ...settings], input);
  if (code > 1) throw new Error(`exit code ${code}: ${stderr}`);
  return stdout.trimEnd().split("\n");
}

async function expectSameBytes(pods: readonly JsonObject[], way: Way, world: CorpusNamespace): Promise<number> {
  const library = fromLibrary(pods, { ...way, world });
  expect(await fromWebhook(pods, { ...way, world })).toEqual(library);
  expect(await fromCommandLine(pods, { ...way, world })).toEqual(library);
  return library.filter((patch) => patch !== "[]").length;
}

test.each(WAYS)("webhook, library and command line give the same bytes for awkward pods, $title", async (way) => {
  expect(await expectSameBytes(AWKWARD, way, NOWHERE)).toBe(AWKWARD.length - 2);
});

test("for characters that YAML readers would refuse or fold", async () => {
  const pods = [awkward("separators, delete, next line, byte order mark", "\u2028\u2029\u007f\u0085\ufeff")];
  expect(await expectSameBytes(pods, WAYS[0] as Way, NOWHERE)).toBe(1);
});

describe.skipIf(!HAS_CORPUS)(`webhook, library and command line give the same bytes${CORPUS_NOTE}`, () => {
  const entries = HAS_CORPUS ? corpusPods() : [];

  test.each(WAYS)("for every pod of the corpus, $title", async (way) => {
    const pods = entries.map(({ pod }) => pod);
    expect(await expectSameBytes(pods, way, NOWHERE)).toBeGreaterThan(90);
  });

  test("for every pod of a walkthrough, beside its own mesh", async () => {
    const [way] = WAYS as [Way];
    for (const world of corpusNamespaces().filter(({ meshObjects }) => meshObjects.length > 0)) {
      const pods = entries.filter(({ namespace }) => namespace === world.name).map(({ pod }) => pod);
      expect(await expectSameBytes(pods, way, world)).toBe(pods.length);
    }
  });
});
