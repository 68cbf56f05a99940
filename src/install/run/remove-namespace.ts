import { setTimeout as wait } from "node:timers/promises";
import { read, remove, type Writer } from "../../kube/writes.ts";
import { firstOf } from "../../model/first-of.ts";
import type { JsonObject } from "../../model/json.ts";
import { InstallError } from "../install-error.ts";
import { INSTALL_LIMITS } from "../limits.ts";
import { listAll } from "../lists.ts";
import { objectNameOf, titleOf } from "../objects/object-name.ts";
import { type Component, PLACES, selectorLabels } from "../objects/ownership.ts";
import { isInstalled } from "../preflight/foreign-object.ts";
import { MADE_BY_PROCESSES } from "./made-by-processes.ts";
import { namespaceUse } from "./namespace-use.ts";

/** How far a removal goes, and who hears of it. */
export interface Removal {
  readonly writer: Writer;
  /** Of `performance.now()`; undefined: nothing is waited for. */
  readonly deadline: number | undefined;
  /** Takes one line for a person, as things happen. */
  readonly report: (line: string) => void;
}

/**
 * Removes a component's namespace, when `install` made it and nobody else uses it, and otherwise what the component's processes made in it;
 * that only when the pods have ended, because a running process puts back what it misses. `gone` are the UIDs of what was deleted
 * before. Rejects with KubeError, or InstallError `not-ready` when something stays that ought to go.
 */
export async function removeNamespace(
  removal: Removal,
  component: Component,
  gone: ReadonlySet<string>,
): Promise<void> {
  const { writer, report, deadline } = removal;
  const { namespace } = PLACES[component];
  const reference = { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } };
  const stored = await read(writer, reference);
  if (stored === undefined) return;
  const reason = await reasonToStay(writer, component, stored, gone);
  if (reason !== undefined) {
    report(`Namespace ${namespace} stays: ${reason}`);
    if (await podsHaveEnded(removal, component)) await removeMade(removal, component);
    return;
  }
  await letPodsEnd(removal, component);
  await remove(writer, reference);
  // not left to the namespace's deletion alone: keys should go at once. Nothing can be created again in a namespace that goes
  await removeMade(removal, component);
  if (deadline === undefined) return report(`Namespace ${namespace} is being removed`);
  while ((await read(writer, reference)) !== undefined) {
    if (performance.now() > deadline) {
      throw new InstallError("not-ready", `Namespace ${namespace} is not gone in time: see its status.conditions`);
    }
    await wait(INSTALL_LIMITS.poll, undefined, { signal: writer.signal });
  }
  report(`Namespace ${namespace} removed`);
}

async function reasonToStay(
  writer: Writer,
  component: Component,
  namespace: JsonObject,
  gone: ReadonlySet<string>,
): Promise<string | undefined> {
  if (!isInstalled(namespace)) return "it was not made by install";
  const use = await namespaceUse(writer, component, gone);
  if (use.length === 0) return undefined;
  return `install did not make ${firstOf(use, INSTALL_LIMITS.named)}`;
}

async function removeMade({ writer, report }: Removal, component: Component): Promise<void> {
  for (const object of MADE_BY_PROCESSES[component]) {
    if (await remove(writer, object)) report(`${titleOf(object)} removed`);
  }
}

/** Waits for the component's pods to end; whether they did. Rejects with InstallError after the deadline. */
async function podsHaveEnded(removal: Removal, component: Component): Promise<boolean> {
  const { deadline, report } = removal;
  const pods = await untilPodsEnd(removal, component, deadline ?? 0);
  if (pods.length === 0) return true;
  const names = pods.join(", ");
  const made = MADE_BY_PROCESSES[component].map(titleOf).join(", ");
  if (deadline === undefined) {
    report(
      `${made} stay while pods run that would make them again (${names}): run this once more when they have ended`,
    );
    return false;
  }
  const help = `kubectl describe pods -n ${PLACES[component].namespace}, then run this again`;
  throw new InstallError("not-ready", `pods have not ended in time: ${names}; ${made} stay until then: ${help}`);
}

/** Gives the component's pods the time that they take to end, within the deadline; none where nothing is waited for. */
export async function letPodsEnd(removal: Removal, component: Component): Promise<void> {
  const { deadline } = removal;
  if (deadline === undefined) return;
  await untilPodsEnd(removal, component, Math.min(deadline, performance.now() + INSTALL_LIMITS.podsEnd));
}

/** Waits until the component's pods have ended, or until a time of `performance.now()`; the names of those that have not. */
async function untilPodsEnd(
  { writer, report }: Removal,
  component: Component,
  time: number,
): Promise<readonly string[]> {
  const selector = Object.entries(selectorLabels(component)).map(([key, value]) => `${key}=${value}`);
  const query = `labelSelector=${encodeURIComponent(selector.join(","))}`;
  const path = `/api/v1/namespaces/${PLACES[component].namespace}/pods?${query}`;
  for (let isTold = false; ; isTold = true) {
    const pods = await listAll(writer, path, "metadata");
    if (pods.length === 0 || performance.now() > time) return pods.map((pod) => objectNameOf(pod).name);
    if (!isTold) report(`waiting until the pods of the ${component} have ended`);
    await wait(INSTALL_LIMITS.poll, undefined, { signal: writer.signal });
  }
}
