import { MUTATING_WEBHOOKS } from "../../kube/object-path.ts";
import { read, remove, type Writer } from "../../kube/writes.ts";
import { member, stringOf } from "../../model/json.ts";
import { MESH_KEY, RECORD_KEY } from "../../model/names.ts";
import { allThatStay, type Refusal, refused } from "../install-error.ts";
import { listAll, listed } from "../lists.ts";
import { annotationsOf, objectNameOf, titleOf } from "../objects/object-name.ts";
import { COMPONENTS, PLACES } from "../objects/ownership.ts";
import { appMeshController, lettingGoRefusals } from "../preflight/app-mesh-controller.ts";
import { isInstalled } from "../preflight/foreign-object.ts";
import { helmReleaseOf } from "../preflight/helm-release.ts";
import {
  missingPermissions,
  type Permission,
  PURGING,
  permissionRefusals,
  permissionsToRemove,
} from "../preflight/permissions.ts";
import { inventory } from "./inventory.ts";
import { MADE_BY_PROCESSES } from "./made-by-processes.ts";
import { namesOf, ownModes } from "./own-modes.ts";
import { type CustomResources, purge } from "./purge.ts";
import { letPodsEnd, removeNamespace } from "./remove-namespace.ts";
import { giveBackOthers } from "./take-over-others.ts";
import { removeTestNamespaces } from "./test-injection.ts";

export interface UninstallRun {
  readonly writer: Writer;
  /** CRDs that go too, with all of their objects; none unless somebody wants a purge. */
  readonly purged: readonly CustomResources[];
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
 * Removes everything that `install` and the installed processes made, and the CRDs that are to be purged: registration first, so
 * that no pod creation waits for what goes next. Gives back what was taken over. A namespace goes only when
 * `install` made it and nobody else uses it. Rejects with KubeError, InstallError `refused`, when nothing was changed, where a right is
 * missing, a release of Helm is there, or webhooks would not let go what is to be purged, or `not-ready` when something stays.
 */
export async function uninstall({ writer, purged, timeout, report }: UninstallRun): Promise<Remains> {
  const missing = await lacking(writer, purged);
  const refusals =
    missing.length > 0
      ? permissionRefusals(missing, "uninstall")
      : [...(await helmRefusals(writer)), ...(await purgeRefusals(writer, purged))];
  if (refusals.length > 0) throw refused(refusals);
  // injector first: it needs the control plane's trust, not the other way round
  const components = COMPONENTS.toReversed();
  const gone = new Set<string>();
  for (const component of components) {
    for (const object of await inventory(writer, component)) {
      if (await remove(writer, object)) report(`${titleOf(object)} removed`);
      gone.add(stringOf(member(object.metadata, "uid")) ?? "");
    }
  }
  const deadline = timeout === undefined ? undefined : performance.now() + timeout;
  const removal = { writer, deadline, report };
  // a control plane that is about to end would still tell its proxies that everything is gone
  if (purged.length > 0) await letPodsEnd(removal, "control-plane");
  // before the namespaces, which their objects would hold, and before webhooks are given back that would refuse to let them go
  await purge(removal, purged);
  await giveBackOthers(writer, report);
  const left = await ownModes(writer);
  if (left.length > 0) {
    report(`the annotation ${MESH_KEY} stays on ${namesOf(left)}: it counts again after an installation`);
  }
  for (const name of await removeTestNamespaces(writer)) report(`Namespace ${name} of a test admission removed`);
  // side by side: each takes Kubernetes some six seconds
  const namespaces = await Promise.allSettled(components.map((component) => removeNamespace(removal, component, gone)));
  const failures: unknown[] = namespaces.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
  if (failures.length > 0) throw allThatStay(failures);
  return { injectedPods: await injectedPods(writer) };
}

async function lacking({ client, signal }: Writer, purged: UninstallRun["purged"]): Promise<readonly Permission[]> {
  const needed = permissionsToRemove(COMPONENTS, Object.values(MADE_BY_PROCESSES).flat());
  return await missingPermissions(client, purged.length === 0 ? needed : [...needed, ...PURGING], signal);
}

async function purgeRefusals(writer: Writer, purged: UninstallRun["purged"]): Promise<readonly Refusal[]> {
  if (purged.every(({ count }) => count === 0)) return [];
  return lettingGoRefusals(await appMeshController(writer, await listAll(writer, MUTATING_WEBHOOKS)));
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
    const release = deployment === undefined || isInstalled(deployment) ? undefined : helmReleaseOf(deployment);
    if (deployment === undefined || release === undefined) return [];
    return [
      {
        reason: `${titleOf(deployment)} belongs to the Helm release ${release.name} in namespace ${release.namespace}`,
        remedy: `remove it with helm: helm uninstall ${release.name} -n ${release.namespace}; this command removes what is left then`,
      },
    ];
  });
}

async function injectedPods(writer: Writer): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  for await (const pod of listed(writer, "/api/v1/pods", "metadata")) {
    if (!(RECORD_KEY in annotationsOf(pod))) continue;
    const { namespace = "" } = objectNameOf(pod);
    counts.set(namespace, (counts.get(namespace) ?? 0) + 1);
  }
  return counts;
}
