import { type JsonObject, member, objectsOf, stringOf } from "../../src/model/json.ts";
import { kubectl } from "./kubectl.ts";

/**
 * The pods of a namespace, with these labels where they are given, that neither have ended nor are on their way out, by their names: those
 * that a rollout or a test has deleted are listed for as long as they take to end, and answer for some of that time.
 */
export async function standingPods(namespace: string, labels = ""): Promise<readonly JsonObject[]> {
  const pods = await allPods(namespace, labels);
  return pods.filter((pod) => !isLeaving(pod) && !["Succeeded", "Failed"].includes(textOf(pod.status, "phase")));
}

/** Waits until no pod of a namespace is on its way out. */
export async function formerPodsAreGone(namespace: string): Promise<void> {
  const leaving = (await allPods(namespace, "")).filter(isLeaving).map((pod) => `pod/${nameOf(pod)}`);
  if (leaving.length > 0) await kubectl("wait", "--for=delete", ...leaving, "-n", namespace, "--timeout=150s");
}

export function nameOf({ metadata }: JsonObject): string {
  return textOf(metadata, "name");
}

export function addressOf({ status }: JsonObject): string {
  return textOf(status, "podIP");
}

async function allPods(namespace: string, labels: string): Promise<readonly JsonObject[]> {
  const text = await kubectl("get", "pods", "-n", namespace, `--selector=${labels}`, "--output=json");
  return objectsOf((JSON.parse(text) as JsonObject)["items"]);
}

function isLeaving({ metadata }: JsonObject): boolean {
  return member(metadata, "deletionTimestamp") !== undefined;
}

function textOf(object: JsonObject[string] | undefined, key: string): string {
  return stringOf(member(object, key)) ?? "";
}
