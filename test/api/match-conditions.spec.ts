import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { explain } from "../../src/index.ts";
import { POD_RULES } from "../../src/inject/rules/pod-rules.ts";
import { registration } from "../../src/install/objects/registration.ts";
import { type JsonObject, objectOf, objectsOf } from "../../src/model/json.ts";
import { INJECT_KEY } from "../../src/model/names.ts";
import { CORPUS_NOTE, corpusPods, HAS_CORPUS } from "../corpus.ts";
import { FOR_WINDOWS, NOT_FOR_WINDOWS } from "../windows-pods.ts";
import { connectApi } from "./api-connection.ts";
import { text } from "./api-object.ts";
import { dryRun } from "./corpus-cluster.ts";
import { type LoopbackAdmission, serveLoopbackAdmission } from "./loopback-admission.ts";
import { createNamespace, nginx } from "./namespaces.ts";
import { REGISTRATIONS } from "./registered-webhook.ts";
import { until } from "./until.ts";

// A webhook that only notes who comes, registered with our namespace selectors and match conditions: the API server itself
// evaluates them. Nothing of the engine runs there.

const api = connectApi(inject("cluster"));
/** `namespace/name` of the pods that came. */
const came = new Set<string>();
let recorder: LoopbackAdmission | undefined;
const namespaces = { enabled: "", disabled: "", unlabelled: "" };

const RECORDER = `${REGISTRATIONS}/records-who-comes`;

beforeAll(async () => {
  recorder = await serveLoopbackAdmission(({ namespace, name }) => {
    came.add(`${namespace}/${name}`);
    return [];
  });
  const ours = registration({ url: recorder.url, caBundle: recorder.caBundle, failurePolicy: "Fail" });
  await api.apply(RECORDER, { ...ours, metadata: { name: "records-who-comes" } });
  namespaces.enabled = await createNamespace(api, "conditions", { [INJECT_KEY]: "enabled" });
  namespaces.disabled = await createNamespace(api, "conditions", { [INJECT_KEY]: "disabled" });
  namespaces.unlabelled = await createNamespace(api, "conditions");
  for (const namespace of [namespaces.enabled, namespaces.disabled]) {
    await until(async () => ((await comes(namespace, nginx({ name: "early" }))) ? undefined : "nobody comes"));
  }
});

afterAll(async () => {
  await api.send("DELETE", RECORDER);
  await recorder?.stop();
  await api.close();
});

let count = 0;

/** Whether the API server calls for this pod. Throws when it refuses the pod before it would call anybody. */
async function comes(namespace: string, pod: JsonObject): Promise<boolean> {
  const { generateName: _, ...metadata } = objectOf(pod.metadata);
  const name = `pod-${count++}`;
  const { status, body } = await dryRun(api, namespace, { ...pod, metadata: { ...metadata, name } });
  // 422 is validation, which comes after the webhooks
  if (status !== 201 && status !== 422) throw new Error(`${status} ${text(body.message)}`);
  return came.has(`${namespace}/${name}`);
}

const FOUR: ReadonlySet<string> = new Set(POD_RULES.map(({ name }) => name));

/** Which of the four reasons the engine gives for skipping the pod; undefined when another one or none. */
function skippedFor(pod: JsonObject, mode: "enabled" | "disabled"): string | undefined {
  const namespace = { name: namespaces[mode], labels: { [INJECT_KEY]: mode }, annotations: {} };
  const { outcome, reason } = explain({ pod, namespace, configuration: { meshName: "test" } });
  return outcome === "skip" && FOUR.has(reason) ? reason : undefined;
}

const SPEC = objectOf(nginx({}).spec);
const withSpec = (members: JsonObject): JsonObject => ({ ...nginx({}), spec: { ...SPEC, ...members } });
const withAnnotations = (annotations: JsonObject | null): JsonObject => nginx({ annotations });
const manyTerms = (count: number): JsonObject => {
  const forWindows = { key: "kubernetes.io/os", operator: "In", values: ["windows"] };
  const others = Array.from({ length: 10 }, (_, index) => ({ key: `example.com/${index}`, operator: "Exists" }));
  const nodeSelectorTerms = Array.from({ length: count }, () => ({ matchExpressions: [...others, forWindows] }));
  return { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } } };
};
const MIRROR = "kubernetes.io/config.mirror";

/** Made-up pods, each with the reason for which it is to be kept away. */
const MADE_UP: readonly { readonly pod: JsonObject; readonly title: string; readonly keptFor?: string }[] = [
  { title: "nothing special", pod: nginx({}) },
  { title: "no annotations", pod: withAnnotations({}) },
  { title: "annotations: null", pod: withAnnotations(null) },
  { title: "an annotation of somebody else", pod: withAnnotations({ "example.com/inject": "disabled" }) },
  { title: "opted in", pod: withAnnotations({ [INJECT_KEY]: "enabled" }) },
  { title: "opted out", pod: withAnnotations({ [INJECT_KEY]: "disabled" }), keptFor: "opted-out" },
  { title: "opted out, as Disabled", pod: withAnnotations({ [INJECT_KEY]: "Disabled" }), keptFor: "opted-out" },
  { title: "opted out, as DISABLED", pod: withAnnotations({ [INJECT_KEY]: "DISABLED" }), keptFor: "opted-out" },
  {
    title: "opted out, blanks around",
    pod: withAnnotations({ [INJECT_KEY]: " \t\r\n\fdisabled " }),
    keptFor: "opted-out",
  },
  { title: "opted out with a no-break space", pod: withAnnotations({ [INJECT_KEY]: "disabled\u00a0" }) },
  { title: "opted out in two lines", pod: withAnnotations({ [INJECT_KEY]: "disabled\nenabled" }) },
  { title: "opted out in Turkish capitals", pod: withAnnotations({ [INJECT_KEY]: "DİSABLED" }) },
  { title: "opted out with a long s", pod: withAnnotations({ [INJECT_KEY]: "diſabled" }) },
  { title: "an empty word", pod: withAnnotations({ [INJECT_KEY]: "" }) },
  { title: "an unknown word", pod: withAnnotations({ [INJECT_KEY]: "false" }) },
  { title: "the annotation as a label", pod: nginx({ labels: { [INJECT_KEY]: "disabled" } }) },
  { title: "hostNetwork true", pod: withSpec({ hostNetwork: true }), keptFor: "host-network" },
  { title: "hostNetwork false", pod: withSpec({ hostNetwork: false }) },
  { title: "hostNetwork null", pod: withSpec({ hostNetwork: null }) },
  { title: "hostPID, not hostNetwork", pod: withSpec({ hostPID: true }) },
  { title: "os Windows, which is none", pod: withSpec({ os: { name: "Windows" } }) },
  { title: "os null", pod: withSpec({ os: null }) },
  ...FOR_WINDOWS.map(({ title, spec }) => ({
    title: `for Windows: ${title}`,
    pod: withSpec(spec),
    keptFor: "windows",
  })),
  ...NOT_FOR_WINDOWS.map(({ title, spec }) => ({ title: `not for Windows: ${title}`, pod: withSpec(spec) })),
  // more than anybody writes, and still within what the API server spends on a condition
  { title: "affinities without end", pod: withSpec(manyTerms(300)), keptFor: "windows" },
  {
    title: "a mirror pod",
    pod: { ...withAnnotations({ [MIRROR]: "0123abcd" }), spec: { ...SPEC, nodeName: "node1" } },
    keptFor: "mirror-pod",
  },
  {
    title: "a mirror pod with an empty hash",
    pod: { ...withAnnotations({ [MIRROR]: "" }), spec: { ...SPEC, nodeName: "node1" } },
    keptFor: "mirror-pod",
  },
  { title: "a mirror pod of no node", pod: withAnnotations({ [MIRROR]: "0123abcd" }), keptFor: "mirror-pod" },
  {
    title: "a static pod's source, not its mirror",
    pod: withAnnotations({ "kubernetes.io/config.source": "file" }),
  },
  {
    title: "two reasons at once",
    pod: { ...withAnnotations({ [INJECT_KEY]: "disabled" }), spec: { ...SPEC, hostNetwork: true } },
    keptFor: "host-network",
  },
];

describe.each(["enabled", "disabled"] as const)("in a namespace labelled %s, of the made-up pods", (mode) => {
  test.each(MADE_UP.filter(({ keptFor }) => keptFor !== undefined))(
    "$title stays away and is skipped for $keptFor",
    async ({ pod, keptFor }) => {
      expect(skippedFor(pod, mode)).toBe(keptFor);
      expect(await comes(namespaces[mode], pod)).toBe(false);
    },
  );

  test.each(MADE_UP.filter(({ keptFor }) => keptFor === undefined))("$title comes", async ({ pod }) => {
    expect(skippedFor(pod, mode)).toBeUndefined();
    expect(await comes(namespaces[mode], pod)).toBe(true);
  });
});

test("nobody comes from a namespace without the label", async () => {
  expect(await comes(namespaces.unlabelled, nginx({ annotations: { [INJECT_KEY]: "enabled" } }))).toBe(false);
});

test("each of the four rules has its condition in each entry of the registration", () => {
  const entries = objectsOf(registration({ url: "https://127.0.0.1/" }).webhooks);
  for (const entry of entries) {
    expect(objectsOf(entry.matchConditions).map(({ name }) => name)).toEqual([...FOUR]);
  }
  expect(entries).toHaveLength(2);
});

describe.skipIf(!HAS_CORPUS)(`of the corpus${CORPUS_NOTE}`, () => {
  test.each(["enabled", "disabled"] as const)(
    "exactly the pods stay away that the engine skips for one of the four reasons (namespace %s)",
    async (mode) => {
      const pods = corpusPods();
      const away = await Promise.all(pods.map(async ({ pod }) => !(await comes(namespaces[mode], pod))));
      const titles = pods.map(({ title }) => title);
      expect(titles.filter((_, index) => away[index])).toEqual(
        pods.filter(({ pod }) => skippedFor(pod, mode) !== undefined).map(({ title }) => title),
      );
      expect(away.filter(Boolean).length).toBeGreaterThan(0);
    },
  );
});
