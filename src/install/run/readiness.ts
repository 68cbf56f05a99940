import { setTimeout as wait } from "node:timers/promises";
import { read, type Writer } from "../../kube/writes.ts";
import { type Json, type JsonObject, member, numberOf, objectsOf, stringOf } from "../../model/json.ts";
import { TRUST, trustPem } from "../../model/trust.ts";
import { InstallError } from "../install-error.ts";
import { INSTALL_LIMITS } from "../limits.ts";
import { listAll } from "../lists.ts";
import { type Component, PLACES, selectorLabels } from "../objects/ownership.ts";

/**
 * Waits until all replicas of the component's Deployment are of its newest form and ready. Rejects with InstallError `not-ready`,
 * which says what holds the pods up, after the deadline (of `performance.now()`).
 */
export async function deploymentReady(writer: Writer, component: Component, deadline: number): Promise<void> {
  const reference = { apiVersion: "apps/v1", kind: "Deployment", metadata: { ...PLACES[component] } };
  const { namespace, name } = PLACES[component];
  await until(writer, deadline, async () => {
    const deployment = await read(writer, reference);
    if (deployment === undefined) return `Deployment ${namespace}/${name} is gone`;
    const missing = rolloutProblem(deployment);
    if (missing === undefined) return undefined;
    return performance.now() > deadline ? `${missing}; ${await podProblems(writer, component)}` : missing;
  });
}

/** Waits until the control plane has published the mesh's trust. Rejects with InstallError `not-ready` after the deadline. */
export async function trustPublished(writer: Writer, deadline: number): Promise<void> {
  await until(writer, deadline, async () =>
    (await hasTrust(writer))
      ? undefined
      : `ConfigMap ${TRUST.namespace}/${TRUST.name}, which the control plane publishes, has no certificate in ${TRUST.key}`,
  );
}

/** Whether the mesh's trust is published. Rejects with KubeError. */
export async function hasTrust(reader: Pick<Writer, "client" | "signal">): Promise<boolean> {
  const { namespace, name } = TRUST;
  const found = await read(reader, { apiVersion: "v1", kind: "ConfigMap", metadata: { namespace, name } });
  return found !== undefined && trustPem(found) !== undefined;
}

async function until(
  { signal }: Pick<Writer, "signal">,
  deadline: number,
  problem: () => Promise<string | undefined>,
): Promise<void> {
  for (let seen = await problem(); seen !== undefined; seen = await problem()) {
    if (performance.now() > deadline) throw new InstallError("not-ready", `not ready in time: ${seen}`);
    await wait(INSTALL_LIMITS.poll, undefined, { signal });
  }
}

/** Why a roll-out is not over; undefined when it is. As `kubectl rollout status` sees it. */
export function rolloutProblem(deployment: JsonObject): string | undefined {
  const wanted = numberOf(member(deployment.spec, "replicas")) ?? 1;
  const count = (key: string): number => numberOf(member(deployment.status, key)) ?? 0;
  const title = `Deployment ${stringOf(member(deployment.metadata, "namespace"))}/${stringOf(member(deployment.metadata, "name"))}`;
  if (count("observedGeneration") < (numberOf(member(deployment.metadata, "generation")) ?? 0)) {
    return `${title} was not yet seen by its controller`;
  }
  if (count("updatedReplicas") < wanted) return `${title} has made ${count("updatedReplicas")} of ${wanted} pods`;
  if (count("replicas") > count("updatedReplicas")) return `${title} has pods of its former form`;
  if (count("availableReplicas") < wanted) return `${title} has ${count("availableReplicas")} of ${wanted} pods ready`;
  return undefined;
}

async function podProblems(writer: Writer, component: Component): Promise<string> {
  const selector = Object.entries(selectorLabels(component)).map(([key, value]) => `${key}=${value}`);
  const path = `/api/v1/namespaces/${PLACES[component].namespace}/pods?labelSelector=${encodeURIComponent(selector.join(","))}`;
  const pods = await listAll(writer, path);
  if (pods.length === 0) return "there is no pod: kubectl describe its ReplicaSet";
  return pods.map(podProblem).join("; ");
}

/** What a pod is waiting for, in the kubelet's or the scheduler's words. */
export function podProblem(pod: JsonObject): string {
  const name = `pod ${stringOf(member(pod.metadata, "name"))}`;
  const waiting = objectsOf(member(pod.status, "containerStatuses")).flatMap(({ state }) => [
    reasonOf(member(state, "waiting")),
    reasonOf(member(state, "terminated")),
  ]);
  const unmet = objectsOf(member(pod.status, "conditions")).filter(({ status }) => status === "False");
  const said = [...waiting, ...unmet.map(reasonOf)].filter((text) => text !== "");
  return `${name}: ${said[0] ?? "not ready"}`;
}

function reasonOf(state: Json | undefined): string {
  return [stringOf(member(state, "reason")), stringOf(member(state, "message"))]
    .filter((text) => text !== undefined)
    .join(": ");
}
