import { vi } from "vitest";
import { type JsonObject, member, numberOf, objectsOf, stringOf } from "../../../src/model/json.ts";
import { walkthroughObjects } from "../../corpus.ts";
import { inUrl } from "../families.ts";
import { apply, kubectl } from "../kubectl.ts";
import { TestNamespace } from "../sidecar/app-pod.ts";

/** In the place of every application of the walkthroughs; it knows its role from the variables that their manifests set. */
export const APP_IMAGE = "testbed/app:1";
const READY = "--timeout=150s";

/** The objects of a walkthrough, as its deploy script makes them: namespace and mesh have the name that its README has. */
export function howto(name: string, values: Readonly<Record<string, string>> = {}): readonly JsonObject[] {
  const [namespace, image] = [`howto-k8s-${name}`, APP_IMAGE];
  return walkthroughObjects(`${name}/v1beta2/manifest.yaml.template`, {
    APP_NAMESPACE: namespace,
    MESH_NAME: namespace,
    FRONT_APP_IMAGE: image,
    COLOR_APP_IMAGE: image,
    ...values,
  });
}

/**
 * Applies a walkthrough's objects and waits until its Deployments are there and its Services answer. Adds the pod `curler`
 * of the READMEs to the first namespace among the objects, from which people try things, and returns that namespace. `answering`: Services
 * that answer who is in no mesh; absent: all.
 */
export async function started(objects: readonly JsonObject[], answering?: readonly string[]): Promise<TestNamespace> {
  const namespaces = namesOf("Namespace", objects);
  await gone(objects, "wait"); // of a run that was ended
  await apply(...objects);
  const [namespace = "default"] = namespaces;
  const test = new TestNamespace(namespace);
  await kubectl("wait", "--for=create", "serviceaccount/default", "--namespace", namespace, READY);
  await apply(test.pod("curler"));
  for (const name of namespaces) {
    await kubectl("wait", "--for=condition=Available", "deployment", "--all", "--namespace", name, READY);
    await servicesAnswer(name, answering);
  }
  await test.ready("curler");
  return test;
}

/** Takes a walkthrough's namespaces and its mesh away; others need not wait until they are gone. */
export async function gone(objects: readonly JsonObject[], until: "wait" | "begun" = "begun"): Promise<void> {
  const flags = ["--ignore-not-found", ...(until === "wait" ? [READY] : ["--wait=false"])];
  await kubectl("delete", "namespace", ...namesOf("Namespace", objects), ...flags);
  await kubectl("delete", "meshes.appmesh.k8s.aws", ...namesOf("Mesh", objects), ...flags);
}

function namesOf(kind: string, objects: readonly JsonObject[]): readonly string[] {
  return objects
    .filter((object) => object.kind === kind)
    .flatMap(({ metadata }) => stringOf(member(metadata, "name")) ?? []);
}

/** Pods without a readiness probe are Ready before their app listens, and a Service leads to them a little later still. */
async function servicesAnswer(namespace: string, answering?: readonly string[]): Promise<void> {
  const list = JSON.parse(await kubectl("get", "services", "--namespace", namespace, "--output=json")) as JsonObject;
  for (const { metadata, spec } of objectsOf(list.items)) {
    if (member(spec, "selector") === undefined) continue;
    if (answering?.includes(stringOf(member(metadata, "name")) ?? "") === false) continue;
    for (const port of objectsOf(member(spec, "ports"))) {
      const url = `http://${inUrl(stringOf(member(spec, "clusterIP")) ?? "")}:${numberOf(port.port)}/ping`;
      await vi.waitFor(() => answers(url), { timeout: 120_000, interval: 100 });
    }
  }
}

async function answers(url: string): Promise<void> {
  const answer = await fetch(url, { headers: { connection: "close" }, signal: AbortSignal.timeout(5_000) });
  if (answer.status !== 200) throw new Error(`GET ${url}: ${answer.status}`);
}
