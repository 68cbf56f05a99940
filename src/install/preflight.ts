import { read, type Writer } from "../kube/writes.ts";
import type { JsonObject } from "../model/json.ts";
import { applyRefusals } from "./dry-apply.ts";
import { foreignRefusal, isInstalled } from "./foreign-object.ts";
import { inBatches } from "./in-batches.ts";
import type { Refusal } from "./install-error.ts";
import { listAll } from "./lists.ts";
import { otherInjectorRefusal, otherInjectors } from "./other-injectors.ts";
import {
  missingPermissions,
  type Permission,
  permissionRefusals,
  permissionsGranted,
  permissionsToApply,
} from "./permissions.ts";
import { readServerVersion, versionRefusal } from "./server-version.ts";

export const REGISTRATIONS = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations";

export interface PreflightOptions {
  /** What is to be applied. */
  readonly objects: readonly JsonObject[];
  /** What to do about other injectors: refuse, or none of our business, because they are taken over or no injector is installed. */
  readonly otherInjectors: "refuse" | "accept";
}

/**
 * Every reason why the objects must not, or cannot, be applied to this cluster; only reads, and tries with dry runs. Rejects with KubeError.
 */
export async function preflight(writer: Writer, options: PreflightOptions): Promise<readonly Refusal[]> {
  const { client, signal } = writer;
  const version = versionRefusal(await readServerVersion(client, signal));
  // everything else is asked in the words of newer versions
  if (version !== undefined) return [version];
  const permissions = permissionRefusals(await lacking(writer, options.objects));
  if (permissions.length > 0) return permissions;
  const looked = await inBatches(options.objects, async (object) => {
    const stored = await read(writer, object);
    return { object, stored, refusal: stored === undefined ? undefined : foreignRefusal(object, stored) };
  });
  const foreign = looked.flatMap(({ refusal }) => refusal ?? []);
  const others = options.otherInjectors === "refuse" ? otherInjectors(await listAll(writer, REGISTRATIONS)) : [];
  const refusals = [...foreign, ...others.map(otherInjectorRefusal)];
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

async function lacking({ client, signal }: Writer, objects: readonly JsonObject[]): Promise<readonly Permission[]> {
  const toApply = await missingPermissions(client, [...permissionsToApply(objects), ...AROUND], signal);
  const escalation = await missingPermissions(client, ESCALATION, signal);
  const granted = escalation.length === 0 ? [] : permissionsGranted(objects);
  return [...toApply, ...(await missingPermissions(client, granted, signal))];
}

/** What is needed besides the objects: to look for other injectors, and for the test admission. */
const AROUND: readonly Permission[] = [
  { verb: "list", group: "admissionregistration.k8s.io", resource: "mutatingwebhookconfigurations" },
  { verb: "delete", group: "", resource: "namespaces" },
  { verb: "create", group: "", resource: "pods" },
];

/** Whoever may do this can grant what they may not do themselves. */
const ESCALATION: readonly Permission[] = ["clusterroles", "roles"].flatMap((resource) =>
  ["escalate", "bind"].map((verb) => ({ verb, group: "rbac.authorization.k8s.io", resource })),
);
