import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { explain, inject as injectPod, uninject } from "../../src/index.ts";
import { type JsonObject, objectOf } from "../../src/model/json.ts";
import { INJECT_KEY } from "../../src/model/names.ts";
import { CORPUS_NOTE, type CorpusPod, corpusNamespaces, corpusPods, HAS_CORPUS } from "../corpus.ts";
import { type ApiAnswer, connectApi } from "./api-connection.ts";
import { text } from "./api-object.ts";
import { dryRun, installCorpus, removeCorpus } from "./corpus-cluster.ts";
import { createNamespace } from "./namespaces.ts";
import { type RegisteredWebhook, registerWebhook } from "./registered-webhook.ts";
import { sidecarOf } from "./sidecar.ts";

/** A pod of the corpus that gets no sidecar: reviewed, and each with the reason why that is right. */
interface ExpectedDenial {
  readonly pod: string;
  /** `skip`, `deny`, or `invalid` for a pod that the API server refuses without us as well. */
  readonly outcome: "skip" | "deny" | "invalid";
  readonly reason: string;
  readonly why: string;
}

interface Asked extends CorpusPod {
  /** In a namespace without the label. */
  readonly without: ApiAnswer;
  /** In its own namespace, labelled enabled. */
  readonly with: ApiAnswer;
}

const LABELS = new Map(HAS_CORPUS ? corpusNamespaces().map(({ name, labels }) => [name, labels]) : []);
const api = connectApi(inject("cluster"));
let webhook: RegisteredWebhook | undefined;
let asked: readonly Asked[] = [];

beforeAll(async () => {
  if (!HAS_CORPUS) return;
  await installCorpus(api);
  webhook = await registerWebhook(api, inject("cluster"));
  const plain = await createNamespace(api, "corpus-plain");
  asked = await Promise.all(
    corpusPods().map(async (entry) => ({
      ...entry,
      without: await dryRun(api, plain, entry.pod),
      with: await dryRun(api, entry.namespace, entry.pod),
    })),
  );
});

afterAll(async () => {
  await webhook?.stop();
  if (HAS_CORPUS) await removeCorpus(api);
  await api.close();
});

/** What became of a pod, in the words of the list; undefined when it is accepted with its sidecar. */
function denialOf({ title, pod, namespace, without, with: answer }: Asked): Omit<ExpectedDenial, "why"> | undefined {
  if (without.status !== 201) return { pod: title, outcome: "invalid", reason: text(without.body.reason) };
  if (answer.status === 201 && sidecarOf(answer.body) !== undefined) return undefined;
  if (answer.status !== 201) {
    const message = text(answer.body.message);
    return {
      pod: title,
      outcome: "deny",
      reason: /^admission webhook .*\(([a-z-]+)\)$/s.exec(message)?.[1] ?? message,
    };
  }
  const decision = explain({ pod, namespace: namespaceFacts(namespace), configuration: { meshName: "mynewmesh" } });
  return { pod: title, outcome: decision.outcome === "skip" ? "skip" : "deny", reason: decision.reason };
}

function namespaceFacts(name: string) {
  return { name, labels: { ...LABELS.get(name), [INJECT_KEY]: "enabled" }, annotations: {} };
}

/** The pods that the API server would store with a sidecar. */
function injected(): readonly Asked[] {
  return asked.filter((entry) => entry.with.status === 201 && sidecarOf(entry.with.body) !== undefined);
}

/** A stored pod without what differs each time and everywhere: a generated name, UID, times, namespace. */
function lasting(pod: JsonObject): JsonObject {
  const { name, generateName, labels, annotations } = objectOf(pod.metadata);
  const naming = generateName === undefined ? { name } : { generateName };
  return { metadata: { ...naming, labels, annotations } as JsonObject, spec: objectOf(pod.spec) };
}

describe.skipIf(!HAS_CORPUS)(`every pod of the corpus${CORPUS_NOTE}`, () => {
  test("is accepted with its sidecar where it is accepted without us, unless the list of denials says why not", () => {
    const path = new URL("expected-denials.json", import.meta.url);
    const expected = JSON.parse(readFileSync(path, "utf8")) as readonly ExpectedDenial[];
    expect(asked.map(denialOf).filter((denial) => denial !== undefined)).toEqual(
      expected.map(({ pod, outcome, reason }) => ({ pod, outcome, reason })),
    );
  });

  test("belongs to its walkthrough's own mesh wherever one of that mesh's nodes selects it", () => {
    const strangers = injected()
      .filter(({ title }) => title.startsWith("walkthroughs/"))
      .filter((entry) => sidecarOf(entry.with.body)?.nodeId.startsWith("mesh/mynewmesh/"))
      .map(({ title }) => title);
    // what the mesh calls from inside: the walkthrough puts these two into a namespace without the label
    expect(strangers).toEqual([
      "walkthroughs/egress/v1beta2/manifest.yaml.template Deployment/blue",
      "walkthroughs/egress/v1beta2/manifest.yaml.template Deployment/red",
    ]);
  });

  test("is left as it is when its stored form is created again", async () => {
    const pods = injected();
    expect(pods.length).toBeGreaterThan(100);
    const again = await Promise.all(
      pods.map(async ({ title, namespace, with: { body } }) => {
        const second = await dryRun(api, namespace, { ...body, ...lasting(body) });
        return { title, status: second.status, pod: lasting(second.body) };
      }),
    );
    for (const [
      index,
      {
        title,
        with: { body },
      },
    ] of pods.entries()) {
      expect(again[index]).toEqual({ title, status: 201, pod: lasting(body) });
    }
  });

  test("gets an empty patch when its stored form is injected again", () => {
    for (const {
      title,
      namespace,
      with: { body },
    } of injected()) {
      const second = injectPod({ pod: body, namespace: namespaceFacts(namespace), trust: webhook?.trust ?? "" });
      expect({ title, reason: second.reason, patch: second.patch }).toEqual({
        title,
        reason: "already-injected",
        patch: [],
      });
    }
  });

  test("is, without its sidecar, what the API server stores without us", () => {
    for (const {
      title,
      without,
      with: { body },
    } of injected()) {
      const restored = uninject(body);
      expect({ title, outcome: restored.outcome, ...lasting(restored.pod) }).toEqual({
        title,
        outcome: "removed",
        ...lasting(without.body),
      });
    }
  });
});
