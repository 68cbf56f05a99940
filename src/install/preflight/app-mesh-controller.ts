import { inNamespace, MUTATING_WEBHOOKS, VALIDATING_WEBHOOKS } from "../../kube/object-path.ts";
import { type JsonObject, member, numberOf, objectsOf, stringOf } from "../../model/json.ts";
import { CONTROL_PLANE_NAMESPACE } from "../../model/names.ts";
import type { Refusal } from "../install-error.ts";
import { listAll, type Reader } from "../lists.ts";
import { annotationsOf, objectNameOf } from "../objects/object-name.ts";
import { type AppMeshWebhooks, appMeshWebhooks, controllerWebhooks, removingCommand } from "./app-mesh-webhooks.ts";

/** Annotation with what `--take-over` took away: of a registration selectors, of a Deployment its replicas. */
export const TAKEN_OVER_KEY = "outrigger.dev/taken-over";

/** A Deployment of one of AWS's programs. */
export interface OldDeployment {
  readonly namespace: string;
  readonly name: string;
  readonly image: string;
  /** How many pods it is to have, and how many are ready. */
  readonly replicas: number;
  readonly ready: number;
  readonly isTakenOver: boolean;
}

/** What of App Mesh's own controller is at work in a cluster. */
export interface AppMeshController {
  readonly webhooks: readonly AppMeshWebhooks[];
  readonly deployments: readonly OldDeployment[];
}

const CONTROLLER_NAME = "appmesh-controller";
const CONTROLLER_IMAGES = /(?:^|\/)(?:appmesh-controller|app-mesh-controller|aws-app-mesh-controller-for-k8s)(?::|@|$)/;
const INJECTOR_IMAGES = /(?:^|\/)aws-app-mesh-inject(?::|@|$)/;
const DEPLOYMENTS = "/apis/apps/v1/deployments";

/** A Deployment of the AWS programs, as far as anybody can tell; undefined: it is another. */
export function oldDeployment(object: JsonObject): OldDeployment | undefined {
  const isInjector = imagesOf(object).some((name) => INJECTOR_IMAGES.test(name));
  return isInjector || isControllerDeployment(object) ? stateOf(object) : undefined;
}

/** Whether a Deployment is App Mesh's controller, by its images, or by its chart's name for it where they were renamed. */
export function isControllerDeployment(object: JsonObject): boolean {
  return objectNameOf(object).name === CONTROLLER_NAME || imagesOf(object).some((name) => CONTROLLER_IMAGES.test(name));
}

function stateOf(object: JsonObject): OldDeployment {
  const { namespace = "", name } = objectNameOf(object);
  const images = imagesOf(object);
  const image = images.find((one) => CONTROLLER_IMAGES.test(one) || INJECTOR_IMAGES.test(one)) ?? images[0] ?? "";
  return {
    namespace,
    name,
    image,
    replicas: numberOf(member(object.spec, "replicas")) ?? 1,
    ready: numberOf(member(object.status, "readyReplicas")) ?? 0,
    isTakenOver: annotationsOf(object)[TAKEN_OVER_KEY] !== undefined,
  };
}

function imagesOf(object: JsonObject): readonly string[] {
  const containers = objectsOf(member(member(member(object.spec, "template"), "spec"), "containers"));
  return containers.map((container) => stringOf(container.image) ?? "");
}

/**
 * The Deployments of App Mesh's controller, whole: where its chart puts it, and where its registrations say that it is. `mutating`: the
 * cluster's MutatingWebhookConfigurations, where they were read already. Rejects with KubeError.
 */
export async function controllerDeployments(
  reader: Reader,
  mutating?: readonly JsonObject[],
): Promise<readonly JsonObject[]> {
  const services = (mutating ?? (await listAll(reader, MUTATING_WEBHOOKS))).flatMap((registration) =>
    objectsOf(registration.webhooks)
      .filter(({ name }) => (stringOf(name) ?? "").endsWith(".appmesh.k8s.aws"))
      .flatMap(({ clientConfig }) => stringOf(member(member(clientConfig, "service"), "namespace")) ?? []),
  );
  const namespaces = [...new Set([CONTROL_PLANE_NAMESPACE, ...services])];
  const lists = await Promise.all(namespaces.map((namespace) => listAll(reader, inNamespace(DEPLOYMENTS, namespace))));
  return lists.flat().filter(isControllerDeployment);
}

/** Only reads; `mutating`: the cluster's MutatingWebhookConfigurations. Rejects with KubeError. */
export async function appMeshController(reader: Reader, mutating: readonly JsonObject[]): Promise<AppMeshController> {
  const [validating, deployments] = await Promise.all([
    listAll(reader, VALIDATING_WEBHOOKS),
    controllerDeployments(reader, mutating),
  ]);
  const webhooks = [
    ...appMeshWebhooks("MutatingWebhookConfiguration", mutating),
    ...appMeshWebhooks("ValidatingWebhookConfiguration", validating),
  ];
  return {
    webhooks: webhooks.flatMap((one) => controllerWebhooks(one) ?? []),
    deployments: deployments.map(stateOf),
  };
}

/** Why nothing may be installed beside it: all of it at once. */
export function controllerRefusals({ webhooks, deployments }: AppMeshController): readonly Refusal[] {
  return [
    ...webhooks.map((one) => ({
      reason: `App Mesh's own controller is registered for App Mesh objects: ${one.kind} ${one.registration} (${one.entries.join(", ")})`,
      remedy: `remove it: ${removingCommand(one)}; or switch those entries off, so that uninstall can give them back: outrigger install --take-over`,
    })),
    ...deployments.filter(({ ready }) => ready > 0).map(runningRefusal),
  ];
}

/**
 * Why App Mesh's objects cannot be let go: the controller's webhooks must be asked when a finalizer is taken away, and nobody is there to
 * answer. Where pods of the controller are ready, it ends its finalizers itself.
 */
export function lettingGoRefusals({ webhooks, deployments }: AppMeshController): readonly Refusal[] {
  if (deployments.some(({ ready }) => ready > 0)) return [];
  return webhooks
    .filter(({ refuses }) => refuses)
    .map((one) => ({
      reason: `${one.kind} ${one.registration} of App Mesh's own controller, which does not run, has objects refused that are to lose their finalizers`,
      remedy: `remove it: ${removingCommand(one)}`,
    }));
}

/** It writes into the same objects, and would put back what is taken from them. */
function runningRefusal({ namespace, name, ready }: OldDeployment): Refusal {
  return {
    reason: `App Mesh's own controller runs: Deployment ${name} in namespace ${namespace} has ${ready} ready ${ready === 1 ? "pod" : "pods"}, which write into the same objects`,
    remedy: `stop it: kubectl scale -n ${namespace} deployment/${name} --replicas=0; or have both parts installed and it scaled down, so that uninstall can give it back: outrigger install --take-over`,
  };
}
