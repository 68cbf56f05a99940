import { KubeError } from "../../kube/kube-error.ts";
import { replace, type Writer } from "../../kube/writes.ts";
import type { JsonObject } from "../../model/json.ts";
import { INJECTOR_NAME, OBJECT_WEBHOOK_NAME } from "../../model/names.ts";
import { InstallError } from "../install-error.ts";
import { listAll } from "../lists.ts";
import { annotationsOf, objectNameOf, titleOf } from "../objects/object-name.ts";
import { controllerDeployments, TAKEN_OVER_KEY } from "../preflight/app-mesh-controller.ts";
import { WEBHOOK_COLLECTIONS } from "../preflight/app-mesh-webhooks.ts";
import { givenBack, scaledBack, scaledDown, type TakenPart, takenOver } from "./take-over.ts";

/** How others are taken over, and who hears of it. */
export interface TakingOver {
  readonly writer: Writer;
  /** `server`: nothing is stored. */
  readonly dryRun?: "server";
  /** Takes one line for a person, as things happen. */
  readonly report: (line: string) => void;
}

interface Part {
  readonly said: string;
  readonly collections: readonly (typeof WEBHOOK_COLLECTIONS)[number][];
}

const [MUTATING] = WEBHOOK_COLLECTIONS;
const PARTS: Readonly<Record<TakenPart, Part>> = {
  // only a mutating webhook injects: a validating one for pods is a policy, which stays in force
  pods: { said: "pods", collections: [MUTATING] },
  objects: { said: "App Mesh objects", collections: WEBHOOK_COLLECTIONS },
};

/** Switches entries of others off, so that `uninstall` can give them back. Rejects with KubeError or InstallError. */
export async function takeOverRegistrations({ writer, report, dryRun }: TakingOver, part: TakenPart): Promise<void> {
  const { said, collections } = PARTS[part];
  for (const [kind, path] of collections) {
    for (const registration of await listAll(writer, path)) {
      const { name } = objectNameOf(registration);
      const changed =
        name === INJECTOR_NAME || name === OBJECT_WEBHOOK_NAME ? undefined : takenOver(registration, part);
      if (changed === undefined) continue;
      if (dryRun === undefined) await replaceRead(writer, { ...changed, apiVersion: REGISTRATION_VERSION, kind });
      report(`  ${kind} ${name} ${dryRun ? "would be " : ""}switched off for ${said}; uninstall gives it back`);
    }
  }
}

/** Takes the replicas of App Mesh's controller, so that `uninstall` can give them back. Rejects with KubeError or InstallError. */
export async function takeOverDeployments({ writer, report, dryRun }: TakingOver): Promise<void> {
  for (const deployment of await controllerDeployments(writer)) {
    const changed = scaledDown(deployment);
    if (changed === undefined) continue;
    if (dryRun === undefined) await replaceRead(writer, { ...changed, ...DEPLOYMENT });
    report(`  ${placeOf(deployment)} ${dryRun ? "would be " : ""}scaled to 0; uninstall gives its replicas back`);
  }
}

/** Gives everything back that was taken over, and says which. Rejects with KubeError or InstallError. */
export async function giveBackOthers(writer: Writer, report: (line: string) => void): Promise<void> {
  // first, as its registrations are for a program that answers
  for (const deployment of await controllerDeployments(writer)) {
    const restored = scaledBack(deployment);
    if (restored === undefined) continue;
    await replaceRead(writer, { ...restored, ...DEPLOYMENT });
    const count = annotationsOf(deployment)[TAKEN_OVER_KEY] ?? "";
    report(`${placeOf(deployment)} given back: it had ${count} ${count === "1" ? "replica" : "replicas"}`);
  }
  for (const [kind, path] of WEBHOOK_COLLECTIONS) {
    for (const registration of await listAll(writer, path)) {
      const restored = givenBack(registration);
      if (restored === undefined) continue;
      await replaceRead(writer, { ...restored, apiVersion: REGISTRATION_VERSION, kind });
      report(`${kind} ${objectNameOf(registration).name} given back: it is asked again`);
    }
  }
}

const REGISTRATION_VERSION = "admissionregistration.k8s.io/v1";
/** Entries of a list need not say what they are. */
const DEPLOYMENT = { apiVersion: "apps/v1", kind: "Deployment" } as const;

function placeOf(deployment: JsonObject): string {
  const { name, namespace = "" } = objectNameOf(deployment);
  return `Deployment ${name} in namespace ${namespace}`;
}

/** Puts an object in the place of the one that was read. Rejects with InstallError when somebody else was faster. */
async function replaceRead(writer: Writer, object: JsonObject): Promise<void> {
  try {
    await replace(writer, object);
  } catch (error) {
    if (!(error instanceof KubeError) || error.status !== 409) throw error;
    const message = `${titleOf(object)} was changed by somebody else at the same time: run this again`;
    throw new InstallError("changed-meanwhile", message, { cause: error });
  }
}
