import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { uninject } from "../../src/index.ts";
import { type JsonObject, objectOf, objectsOf } from "../../src/model/json.ts";
import { CAPTURE_CONTAINER } from "../../src/model/names.ts";
import { CORPUS_NOTE, corpusNamespaces, corpusPods, HAS_CORPUS } from "../corpus.ts";
import { type ApiAnswer, connectApi } from "./api-connection.ts";
import { nameOf } from "./api-object.ts";
import { dryRun, installCorpus, removeCorpus } from "./corpus-cluster.ts";
import { type LoopbackAdmission, serveLoopbackAdmission } from "./loopback-admission.ts";
import { createNamespace, nginx } from "./namespaces.ts";
import { otherInjection, otherPart, withoutOtherPart } from "./other-injector.ts";
import { REGISTRATIONS, type RegisteredWebhook, registerWebhook } from "./registered-webhook.ts";
import { sidecarOf } from "./sidecar.ts";
import { until } from "./until.ts";

// API servers call mutating webhooks in the order of their configurations' names.

const ORDERS = [
  { order: "before ours", name: "a-other-injector" },
  { order: "after ours", name: "z-other-injector" },
] as const;

const api = connectApi(inject("cluster"));
const pods = HAS_CORPUS ? corpusPods() : [];
let webhook: RegisteredWebhook | undefined;
let other: LoopbackAdmission | undefined;
/** A namespace of the other injector only. */
let elsewhere = "";
/** Each pod of the corpus with our sidecar alone. */
let oursAlone: readonly ApiAnswer[] = [];

beforeAll(async () => {
  if (!HAS_CORPUS) return;
  await installCorpus(api);
  webhook = await registerWebhook(api, inject("cluster"));
  other = await serveLoopbackAdmission(otherInjection);
  elsewhere = await createNamespace(api, "other-injector");
  oursAlone = await everyPod();
});

afterAll(async () => {
  await webhook?.stop();
  await other?.stop();
  if (HAS_CORPUS) await removeCorpus(api);
  await api.close();
});

function everyPod(namespaceOf = (entry: { namespace: string }) => entry.namespace): Promise<readonly ApiAnswer[]> {
  return Promise.all(pods.map((entry) => dryRun(api, namespaceOf(entry), entry.pod)));
}

function otherRegistration(name: string, { url, caBundle }: LoopbackAdmission): JsonObject {
  const namespaces = [elsewhere, ...corpusNamespaces().map((namespace) => namespace.name)];
  return {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "MutatingWebhookConfiguration",
    metadata: { name },
    webhooks: [
      {
        name: "pods.other.example",
        admissionReviewVersions: ["v1"],
        clientConfig: { url, caBundle: Buffer.from(caBundle).toString("base64") },
        rules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["pods"] }],
        namespaceSelector: {
          matchExpressions: [{ key: "kubernetes.io/metadata.name", operator: "In", values: namespaces }],
        },
        sideEffects: "None",
        reinvocationPolicy: "IfNeeded",
        failurePolicy: "Fail",
      },
    ],
  };
}

async function withOther<T>(name: string, work: () => Promise<T>): Promise<T> {
  if (other === undefined) throw new Error("the other injector does not run");
  const object = otherRegistration(name, other);
  const path = `${REGISTRATIONS}/${nameOf(object)}`;
  const isThere = async () => otherPartOf(await dryRun(api, elsewhere, nginx({ name: "early" }))) !== undefined;
  await api.apply(path, object);
  try {
    await until(async () => ((await isThere()) ? undefined : "the other injector is not called"));
    return await work();
  } finally {
    await api.send("DELETE", path);
    await until(async () => ((await isThere()) ? "the other injector is still called" : undefined));
  }
}

function otherPartOf({ status, body }: ApiAnswer): JsonObject | undefined {
  const part = status === 201 ? otherPart(body) : undefined;
  return part === undefined || (part.containers as readonly unknown[]).length === 0 ? undefined : part;
}

/** The parts of a stored pod that do not depend on its name, namespace and time. */
function made(pod: JsonObject): JsonObject {
  const { labels, annotations } = objectOf(pod.metadata);
  return { labels: objectOf(labels), annotations: objectOf(annotations), spec: objectOf(pod.spec) };
}

/** What is ours of a stored pod, but for what `proxyinit` requests: as much as the pod's own containers do, of which the other's is one. */
function oursOf(pod: JsonObject): JsonObject {
  const { initContainers, ...rest } = withoutOtherPart(pod);
  const compared = objectsOf(initContainers).map((container): JsonObject => {
    const { resources: _, ...others } = container;
    return container["name"] === CAPTURE_CONTAINER ? others : container;
  });
  return { ...rest, initContainers: compared };
}

describe.skipIf(!HAS_CORPUS)(`another injector${CORPUS_NOTE}`, () => {
  test.each(ORDERS)(
    "called $order changes nothing of ours, nor we of its, and uninjecting leaves what it added",
    async ({ name }) => {
      const { both, otherAlone } = await withOther(name, async () => ({
        both: await everyPod(),
        otherAlone: await everyPod(() => elsewhere),
      }));
      let withBoth = 0;
      for (const [index, { title }] of pods.entries()) {
        const [ours, theirs, together] = [oursAlone[index], otherAlone[index], both[index]] as [
          ApiAnswer,
          ApiAnswer,
          ApiAnswer,
        ];
        expect({ title, status: together.status }).toEqual({ title, status: ours.status });
        if (ours.status !== 201) continue;
        expect({ title, ...oursOf(together.body) }).toEqual({ title, ...oursOf(ours.body) });
        expect({ title, ...otherPart(together.body) }).toEqual({ title, ...otherPart(theirs.body) });
        expect({ title, ...made(uninject(together.body).pod) }).toEqual({ title, ...made(theirs.body) });
        if (sidecarOf(together.body) !== undefined && otherPartOf(together) !== undefined) withBoth++;
      }
      expect(withBoth).toBeGreaterThan(100);
    },
  );
});
