import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { inject } from "../../src/inject/inject.ts";
import { type JsonObject, member, objectsOf, stringOf } from "../../src/model/json.ts";
import { INJECT_KEY } from "../../src/model/names.ts";
import { CORPUS_NOTE, corpusPods, HAS_CORPUS } from "../corpus.ts";
import { anInput } from "../pods.ts";
import { apply, outcomeOf } from "./kubectl.ts";
import { TestNamespace } from "./sidecar/app-pod.ts";
import { statesIn } from "./sidecar/container-states.ts";
import { installed } from "./sidecar/installed.ts";
import { withSwappedImages } from "./sidecar/swapped-images.ts";

/*
 * Pods of other people's manifests, with the test application for their images: whatever is Ready without a sidecar is Ready with it.
 * Each runs twice at the same time, once opted out.
 */

const MESH = new TestNamespace("corpus");
const PREPARE_MS = 400_000;
/** As many as there is time and room for; each is of another shape. */
const MOST = 24;
/** Envoys at a time: a kernel's default allows one user 128 inotify instances, and a sidecar has four. */
const AT_A_TIME = 12;

interface Candidate {
  readonly title: string;
  readonly name: string;
  readonly pod: JsonObject;
}

const all = HAS_CORPUS ? candidates() : [];
const chosen = all.slice(0, MOST);

/** Pods that would be injected, each shape once: what is left of them after the swap, without names, labels and annotations. */
function candidates(): readonly Candidate[] {
  const shapes = new Map<string, Candidate>();
  for (const [index, { title, pod }] of corpusPods().entries()) {
    const name = `pod-${index}`;
    const swapped = withSwappedImages(pod, name);
    if (inject(anInput(swapped)).outcome !== "inject") continue;
    const shape = JSON.stringify([swapped["spec"], annotationKeys(swapped)], (key, value: unknown) =>
      key === "name" || key === "env" ? undefined : value,
    );
    if (!shapes.has(shape)) shapes.set(shape, { title, name, pod: swapped });
  }
  // the richest first
  return [...shapes].sort(([a], [b]) => b.length - a.length).map(([, candidate]) => candidate);
}

function annotationKeys(pod: JsonObject): readonly string[] {
  const annotations = Object.keys((member(pod["metadata"], "annotations") as JsonObject | undefined) ?? {});
  return annotations.filter((key) => key.startsWith("appmesh.k8s.aws/")).sort();
}

const bare = (name: string) => `${name}-bare`;

/** The same pod, opted out. */
function optedOut({ name, pod }: Candidate): object {
  const metadata = pod["metadata"] as JsonObject;
  const annotations = { ...(metadata["annotations"] as JsonObject | undefined), [INJECT_KEY]: "disabled" };
  return { ...pod, metadata: { ...metadata, name: bare(name), namespace: MESH.name, annotations } };
}

function optedIn({ pod }: Candidate): object {
  return { ...pod, metadata: { ...(pod["metadata"] as JsonObject), namespace: MESH.name } };
}

describe.skipIf(!HAS_CORPUS)(`${chosen.length} shapes of ${all.length} in the corpus${CORPUS_NOTE}`, () => {
  beforeAll(async () => {
    await Promise.all([installed(), MESH.create()]);
  }, PREPARE_MS);
  afterAll(() => MESH.delete());

  const batches = Array.from({ length: Math.ceil(chosen.length / AT_A_TIME) }, (_, index) =>
    chosen.slice(index * AT_A_TIME, (index + 1) * AT_A_TIME),
  );

  test.each(batches.map((batch, index) => [index + 1, batch] as const))(
    `are Ready with a sidecar where they are without, batch %i of ${batches.length}`,
    async (_number, batch) => {
      await apply(...batch.flatMap((candidate) => [optedIn(candidate), optedOut(candidate)]));
      const names = batch.flatMap(({ name }) => [`pod/${name}`, `pod/${bare(name)}`]);
      // whatever is not Ready by then is compared with its twin
      await outcomeOf("kubectl", [
        "--namespace",
        MESH.name,
        "wait",
        "--for=condition=Ready",
        ...names,
        "--timeout=150s",
      ]);
      const pods = new Map(
        objectsOf((JSON.parse(await MESH.kubectl("get", "pods", "--output=json")) as JsonObject)["items"]).map(
          (pod) => [stringOf(member(pod["metadata"], "name")) ?? "", pod],
        ),
      );
      const found = batch.map(({ title, name }) => ({
        title,
        sidecar: "envoy" in statesIn(pods.get(name) ?? {}),
        ready: [isReady(pods.get(name)), isReady(pods.get(bare(name)))],
      }));
      expect(found).toEqual(batch.map(({ title }) => ({ title, sidecar: true, ready: [true, true] })));
      await MESH.kubectl("delete", "--now", "--wait=false", ...names);
    },
    400_000,
  );
});

function isReady(pod: JsonObject | undefined): boolean {
  const conditions = objectsOf(member(pod?.["status"], "conditions"));
  return conditions.some(({ type, status }) => type === "Ready" && status === "True");
}
