import { MUTATING_WEBHOOKS } from "../../kube/object-path.ts";
import { read, type Writer } from "../../kube/writes.ts";
import type { JsonObject } from "../../model/json.ts";
import { inBatches } from "../in-batches.ts";
import type { Refusal } from "../install-error.ts";
import { listAll } from "../lists.ts";
import { COMPONENTS, type Component } from "../objects/ownership.ts";
import { appMeshController, controllerRefusals } from "./app-mesh-controller.ts";
import { applyRefusals } from "./dry-apply.ts";
import { foreignRefusal, isInstalled } from "./foreign-object.ts";
import { otherInjectorRefusal, otherInjectors } from "./other-injectors.ts";
import {
  missingPermissions,
  type Permission,
  permissionRefusals,
  permissionsAround,
  permissionsGranted,
  permissionsToApply,
  TAKING_OVER,
} from "./permissions.ts";
import { readServerVersion, versionRefusal } from "./server-version.ts";
import { unservedKinds } from "./unserved-kinds.ts";

export interface PreflightOptions {
  /** What is to be applied. */
  readonly objects: readonly JsonObject[];
  /** The parts that they belong to. */
  readonly components: readonly Component[];
  /**
   * What to do about other injectors, and App Mesh's own controller: only about what does the same as the parts. It is taken over for good only
   * by both of them, as it is one program.
   */
  readonly others: "refuse" | "take-over";
}

/**
 * Every reason why the objects must not, or cannot, be applied to this cluster; only reads, and tries with dry runs. Rejects with KubeError.
 */
export async function preflight(writer: Writer, options: PreflightOptions): Promise<readonly Refusal[]> {
  const { client, signal } = writer;
  const version = versionRefusal(await readServerVersion(client, signal));
  // everything else is asked in the words of newer versions
  if (version !== undefined) return [version];
  const unserved = await unservedKinds(writer, options.objects);
  const permissions = permissionRefusals(await lacking(writer, options));
  if (unserved.length + permissions.length > 0) return [...unserved, ...permissions];
  const looked = await inBatches(options.objects, async (object) => {
    const stored = await read(writer, object);
    return { object, stored, refusal: stored === undefined ? undefined : foreignRefusal(object, stored) };
  });
  const foreign = looked.flatMap(({ refusal }) => refusal ?? []);
  const refusals = [...foreign, ...(await besideOthers(writer, options))];
  if (refusals.length > 0) return refusals;
  // namespaces of others are used as they are
  const written = looked.filter(
    ({ object, stored }) => object.kind !== "Namespace" || stored === undefined || isInstalled(stored),
  );
  return await applyRefusals(
    writer,
    written.map(({ object }) => object),
  );
}

async function besideOthers(writer: Writer, { components, others }: PreflightOptions): Promise<readonly Refusal[]> {
  const asksInjectors = components.includes("injector") && others === "refuse";
  const asksController = components.includes("control-plane");
  if (!asksInjectors && !asksController) return [];
  const mutating = await listAll(writer, MUTATING_WEBHOOKS);
  const refusals = asksInjectors ? otherInjectors(mutating).map(otherInjectorRefusal) : [];
  if (!asksController) return refusals;
  const { webhooks, deployments } = await appMeshController(writer, mutating);
  if (others === "refuse") return [...refusals, ...controllerRefusals({ webhooks, deployments })];
  return components.length === COMPONENTS.length ? refusals : controllerRefusals({ webhooks: [], deployments });
}

async function lacking({ client, signal }: Writer, options: PreflightOptions): Promise<readonly Permission[]> {
  const { objects, components, others } = options;
  const needed = [
    ...permissionsToApply(objects),
    ...permissionsAround(components),
    ...(others === "take-over" ? TAKING_OVER : []),
  ];
  const lacked = await missingPermissions(client, needed, signal);
  const escalation = await missingPermissions(client, ESCALATION, signal);
  const granted = escalation.length === 0 ? [] : permissionsGranted(objects);
  return [...lacked, ...(await missingPermissions(client, granted, signal))];
}

/** Whoever may do this can grant what they may not do themselves. */
const ESCALATION: readonly Permission[] = ["clusterroles", "roles"].flatMap((resource) =>
  ["escalate", "bind"].map((verb) => ({ verb, group: "rbac.authorization.k8s.io", resource })),
);
