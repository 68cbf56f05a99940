import { setTimeout as wait } from "node:timers/promises";
import { read, remove, type Writer } from "../kube/writes.ts";
import type { JsonObject } from "../model/json.ts";
import { RECORD_KEY } from "../model/names.ts";
import { MESH_AUTHORITY_SECRET } from "./control-plane-rules.ts";
import { isOurs } from "./foreign-object.ts";
import { helmReleaseOf } from "./helm-release.ts";
import { INJECTOR_AUTHORITY_SECRET, TRUST_CONFIG_MAP } from "./injector-rules.ts";
import { replaceRegistration } from "./install.ts";
import { InstallError, type Refusal, refused } from "./install-error.ts";
import { inventory } from "./inventory.ts";
import { INSTALL_LIMITS } from "./limits.ts";
import { listAll, listed } from "./lists.ts";
import { annotationsOf, labelsOf, nameOf, titleOf } from "./object-name.ts";
import { COMPONENTS, CONTROL_PLANE_NAME, type Component, PLACES } from "./ownership.ts";
import { REGISTRATIONS } from "./preflight.ts";
import { givenBack } from "./take-over.ts";
import { removeTestNamespaces } from "./test-admission.ts";

export interface UninstallRun {
  readonly writer: Writer;
  /** Milliseconds until what was deleted must be gone; absent: not waited for. */
  readonly timeout?: number;
  /** Takes one line for a person, as things happen. */
  readonly report: (line: string) => void;
}

/** What stays in the cluster, for a person to know. */
export interface Remains {
  /** Running pods with a sidecar, by namespace. */
  readonly injectedPods: ReadonlyMap<string, number>;
}

/**
 * Removes everything that `install` and the installed processes made, but for CRDs and App Mesh objects: registration first, so
 * that no pod creation waits for what goes next. Gives registrations back that were taken over. A namespace goes only when
 * `install` made it and nobody else uses it. Rejects with KubeError, InstallError `refused` when a release of Helm is there, which
 * was not changed, or `not-ready` when something stays.
 */
export async function uninstall({ writer, timeout, report }: UninstallRun): Promise<Remains> {
  const refusals = await helmRefusals(writer);
  if (refusals.length > 0) throw refused(refusals);
  // injector first: it needs the control plane's trust, not the other way round
  const components = COMPONENTS.toReversed();
  for (const component of components) {
    for (const object of [...(await inventory(writer, component)), ...MADE_BY_PROCESSES[component]]) {
      if (await remove(writer, object)) report(`${titleOf(object)} removed`);
    }
  }
  await giveBackOthers(writer, report);
  for (const name of await removeTestNamespaces(writer)) report(`Namespace ${name} of a test admission removed`);
  for (const component of components) {
    await removeNamespace(writer, component, report, timeout);
  }
  return { injectedPods: await injectedPods(writer) };
}

/**
 * Helm writes its own name over our label, so that of a release nothing would be found but what its processes made: their keys
 * would go while they run.
 */
async function helmRefusals(writer: Writer): Promise<readonly Refusal[]> {
  const deployments = await Promise.all(
    COMPONENTS.map((component) =>
      read(writer, { apiVersion: "apps/v1", kind: "Deployment", metadata: PLACES[component] }),
    ),
  );
  return deployments.flatMap((deployment) => {
    const release = deployment === undefined || isOurs(deployment) ? undefined : helmReleaseOf(deployment);
    if (deployment === undefined || release === undefined) return [];
    return [
      {
        reason: `${titleOf(deployment)} belongs to the Helm release ${release.name} in namespace ${release.namespace}`,
        remedy: `remove it with helm: helm uninstall ${release.name} -n ${release.namespace}; this command removes what is left then`,
      },
    ];
  });
}

function core(kind: "Secret" | "ConfigMap", component: Component, name: string): JsonObject {
  return { apiVersion: "v1", kind, metadata: { name, namespace: PLACES[component].namespace } };
}

/** Not in the inventory, because they carry no label of it. */
const MADE_BY_PROCESSES: Readonly<Record<Component, readonly JsonObject[]>> = {
  injector: [core("Secret", "injector", INJECTOR_AUTHORITY_SECRET)],
  "control-plane": [
    core("Secret", "control-plane", MESH_AUTHORITY_SECRET),
    core("ConfigMap", "control-plane", TRUST_CONFIG_MAP),
    {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: { name: CONTROL_PLANE_NAME, namespace: PLACES["control-plane"].namespace },
    },
  ],
};

/** Switches registrations on again that were taken over, and says which. Rejects with KubeError or InstallError. */
export async function giveBackOthers(writer: Writer, report: (line: string) => void): Promise<void> {
  for (const registration of await listAll(writer, REGISTRATIONS)) {
    const restored = givenBack(registration);
    if (restored === undefined) continue;
    await replaceRegistration(writer, restored);
    report(`MutatingWebhookConfiguration ${nameOf(registration).name} given back: it injects again`);
  }
}

async function removeNamespace(
  writer: Writer,
  component: Component,
  report: (line: string) => void,
  timeout: number | undefined,
): Promise<void> {
  const { namespace } = PLACES[component];
  const reference = { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } };
  const stored = await read(writer, reference);
  if (stored === undefined) return;
  if (!isOurs(stored)) return report(`Namespace ${namespace} stays: it was not made by install`);
  const others = await othersIn(writer, namespace);
  if (others.length > 0) return report(`Namespace ${namespace} stays: it is used by ${others.join(", ")}`);
  await remove(writer, reference);
  if (timeout !== undefined) {
    const deadline = performance.now() + timeout;
    while ((await read(writer, reference)) !== undefined) {
      if (performance.now() > deadline) {
        throw new InstallError("not-ready", `Namespace ${namespace} is not gone in time: see its status.conditions`);
      }
      await wait(INSTALL_LIMITS.poll, undefined, { signal: writer.signal });
    }
  }
  report(`Namespace ${namespace} removed`);
}

/** What somebody would miss who had put it into our namespace. */
const MISSED = [
  ["apps/v1", "Deployment", "deployments"],
  ["apps/v1", "StatefulSet", "statefulsets"],
  ["apps/v1", "DaemonSet", "daemonsets"],
  ["batch/v1", "CronJob", "cronjobs"],
  ["v1", "Service", "services"],
  ["v1", "PersistentVolumeClaim", "persistentvolumeclaims"],
] as const;

async function othersIn(writer: Writer, namespace: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const [apiVersion, kind, plural] of MISSED) {
    const root = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    const items = await listAll(writer, `${root}/namespaces/${namespace}/${plural}`, "metadata");
    // ours are being deleted, and perhaps still there
    const others = items.filter((item) => labelsOf(item)["app.kubernetes.io/part-of"] !== "outrigger");
    found.push(...others.map((item) => `${kind} ${nameOf(item).name}`));
  }
  return found;
}

async function injectedPods(writer: Writer): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  for await (const pod of listed(writer, "/api/v1/pods", "metadata")) {
    if (!(RECORD_KEY in annotationsOf(pod))) continue;
    const { namespace = "" } = nameOf(pod);
    counts.set(namespace, (counts.get(namespace) ?? 0) + 1);
  }
  return counts;
}
