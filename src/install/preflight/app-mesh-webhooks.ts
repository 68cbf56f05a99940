import { MUTATING_WEBHOOKS, VALIDATING_WEBHOOKS } from "../../kube/object-path.ts";
import { type JsonObject, listOf, member, objectsOf, sameJson, stringOf } from "../../model/json.ts";
import { isOurEntry } from "../../model/names.ts";
import { objectNameOf } from "../objects/object-name.ts";

/** Where registrations of both kinds lie. */
export const WEBHOOK_COLLECTIONS = [
  ["MutatingWebhookConfiguration", MUTATING_WEBHOOKS],
  ["ValidatingWebhookConfiguration", VALIDATING_WEBHOOKS],
] as const;

/** Entries of one registration of another program that are called for App Mesh's own objects, such as `vmesh.appmesh.k8s.aws`. */
export interface AppMeshWebhooks {
  readonly kind: (typeof WEBHOOK_COLLECTIONS)[number][0];
  readonly registration: string;
  readonly entries: readonly string[];
  /** Some of them refuse what they cannot be asked about. */
  readonly refuses: boolean;
  /** What they call; undefined: a URL, or several Services. */
  readonly service: { readonly namespace: string; readonly name: string } | undefined;
}

const GROUP = "appmesh.k8s.aws";

/** How App Mesh's controller names its entries for its objects: `mmesh.appmesh.k8s.aws`, `vvirtualnode.appmesh.k8s.aws`. */
const CONTROLLER_ENTRY = /^[mv][a-z]+\.appmesh\.k8s\.aws$/;

/** Matches no object at all; unlike a selector of namespaces it holds for those that are in none. */
export const NO_OBJECT: JsonObject = {
  matchExpressions: ["Exists", "DoesNotExist"].map((operator) => ({ key: "outrigger.dev/taken-over", operator })),
};

/** Whether an entry of App Mesh's controller is called for App Mesh's objects. */
export function isActiveControllerEntry(entry: JsonObject): boolean {
  return CONTROLLER_ENTRY.test(stringOf(entry.name) ?? "") && isForAppMesh(entry);
}

/** Those of the entries that App Mesh's controller has; undefined: none. Other programs may look at these objects too. */
export function controllerWebhooks(webhooks: AppMeshWebhooks): AppMeshWebhooks | undefined {
  const entries = webhooks.entries.filter((entry) => CONTROLLER_ENTRY.test(entry));
  return entries.length === 0 ? undefined : { ...webhooks, entries };
}

/**
 * The entries of other programs for App Mesh's objects that are not switched off. The AWS controller registers a mutating and a validating one for each
 * kind, with failure policy Fail: when it is gone, no object of these kinds can be created or changed.
 */
export function appMeshWebhooks(
  kind: AppMeshWebhooks["kind"],
  registrations: readonly JsonObject[],
): readonly AppMeshWebhooks[] {
  return registrations.flatMap((registration) => {
    const entries = objectsOf(registration.webhooks).filter(isForAppMesh);
    if (entries.length === 0) return [];
    const services = new Set(entries.map(serviceOf));
    const [namespace, name] = [...services][0]?.split("/") ?? [];
    return [
      {
        kind,
        registration: objectNameOf(registration).name,
        entries: entries.map((entry) => stringOf(entry.name) ?? ""),
        refuses: entries.some(({ failurePolicy }) => failurePolicy !== "Ignore"),
        service: services.size === 1 && namespace && name ? { namespace, name } : undefined,
      },
    ];
  });
}

function isForAppMesh(entry: JsonObject): boolean {
  return (
    !isOurEntry(stringOf(entry.name) ?? "") &&
    !sameJson(entry.objectSelector, NO_OBJECT) &&
    objectsOf(entry.rules).some(({ apiGroups }) => listOf(apiGroups).includes(GROUP))
  );
}

function serviceOf({ clientConfig }: JsonObject): string {
  const service = member(clientConfig, "service");
  return `${stringOf(member(service, "namespace")) ?? ""}/${stringOf(member(service, "name")) ?? ""}`;
}

/** What removes such entries: for the mutating ones with their registration, whose entry for pods cannot be given back then. */
export function removingCommand({ kind, registration }: AppMeshWebhooks): string {
  return `kubectl delete ${kind.toLowerCase()} ${registration}`;
}
