import type { Refusal } from "../../install/install-error.ts";
import { customResourceDefinitions } from "../../install/objects/custom-resource-definitions.ts";
import { HEALTH_PORT } from "../../install/objects/deployment.ts";
import type { InstallationOptions } from "../../install/objects/installation-options.ts";
import { installation } from "../../install/objects/objects.ts";
import { COMPONENTS, PLACES } from "../../install/objects/ownership.ts";
import { oldDeployment } from "../../install/preflight/app-mesh-controller.ts";
import type { AppMeshWebhooks } from "../../install/preflight/app-mesh-webhooks.ts";
import { foreignRefusal } from "../../install/preflight/foreign-object.ts";
import { objectPath } from "../../kube/object-path.ts";
import { type Json, type JsonObject, member, objectsOf, stringOf } from "../../model/json.ts";
import { CONTROL_PLANE_NAMESPACE, INJECTOR_NAME, INJECTOR_NAMESPACE } from "../../model/names.ts";
import { nameOf } from "../../model/object-metadata.ts";
import { TRUST, trustPem } from "../../model/trust.ts";
import type { ClusterFacts, InsidePod, JudgedPod } from "../facts/cluster-facts.ts";
import type { ComponentFacts } from "../facts/component.ts";
import { definitionState } from "../facts/definition-state.ts";
import { type NamespaceState, takesPart } from "../facts/namespace-state.ts";
import { otherEntries } from "../facts/other-injectors.ts";
import { installingPermissions, READING_PERMISSIONS } from "../facts/permissions.ts";
import { mapped, type Reading, together, valueIn } from "../facts/reading.ts";
import { registeredSince, verdictOf } from "../facts/verdict.ts";
import { DIAGNOSE_LIMITS } from "../limits.ts";
import { askPod, certificateOf } from "./ask-pod.ts";
import { readCheckedMesh, readUnlabelled } from "./checked-mesh.ts";
import type { ClusterReads } from "./cluster-reads.ts";
import { readComponent } from "./components.ts";
import type { Gathering } from "./gathering.ts";
import { inParallel } from "./in-parallel.ts";
import { liveConfiguration } from "./live-configuration.ts";
import { readMembership } from "./membership.ts";
import { meshModesOf } from "./mesh-mode.ts";
import { readNamespaces, refuseAbsent } from "./namespaces.ts";
import { askPermissions } from "./permissions.ts";
import type { PodDoor } from "./pod-door.ts";
import { type Deciding, decidingBy, readPodStates } from "./pod-states.ts";
import { appMeshWebhooksOf, mutatingOnes, objectRegistrationsOf, readRegistrations } from "./registrations.ts";
import { admissionIn } from "./test-admission.ts";

/** What is to be checked. */
export interface CheckScope {
  readonly scope: "before-install" | "installed";
  /** The only namespace to look into, besides our own; undefined: all. */
  readonly namespace: string | undefined;
}

/** Ports that show a certificate. */
const TLS_PORTS = { injector: 8443, "control-plane": 18_000 } as const;

/**
 * Reads everything that the checks look at. `before-install`: what an installation will meet, and whether this user may install.
 * Nothing is written: the test admissions are dry runs. Rejects only when the signal is aborted.
 */
export async function gatherCheck(gathering: Gathering, { scope, namespace: only }: CheckScope): Promise<ClusterFacts> {
  const { reads, release, progress, now } = gathering;
  progress("the API server, permissions and registrations");
  const toInstall =
    scope === "before-install" ? [...customResourceDefinitions(), ...installation(wholeInstallation(release))] : [];
  const [version, permissions, crds, allRegistrations, oldDeployments, namespaces] = await Promise.all([
    reads.one("/version"),
    askPermissions(reads, [...READING_PERMISSIONS, ...installingPermissions(toInstall)]),
    reads.list("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", "metadata", definitionState),
    readRegistrations(reads),
    readOldDeployments(reads),
    readNamespaces(reads, only),
  ]);
  refuseAbsent(namespaces, only);
  const registrations = mutatingOnes(allRegistrations);
  const appMesh = appMeshWebhooksOf(allRegistrations);
  progress("the installation");
  const [injector, controlPlane, trust, foreign, otherServices] = await Promise.all([
    readComponent(reads, "injector"),
    readComponent(reads, "control-plane"),
    readTrust(reads),
    inParallel(toInstall, (object) => inTheWay(reads, object)),
    readOtherServices(reads, valueIn(registrations) ?? [], valueIn(appMesh) ?? []),
  ]);
  const [mesh, membership] = await Promise.all([
    scope === "installed" ? readCheckedMesh(gathering, only) : ({ kind: "absent" } as const),
    readMembership(reads),
  ]);
  const unlabelled = mesh.kind === "read" ? await readUnlabelled(reads, mesh.value) : [];
  const partaking = (valueIn(namespaces) ?? []).filter(takesPart);
  const deciding = decidingBy(gathering, injector, trust, membership);
  progress(`the pods of ${partaking.length} labelled namespaces`);
  const registered = ownRegistration(registrations);
  const pods = await judgedPods(reads, partaking, deciding, registeredSince(registered));
  progress("test admissions");
  const tried = registered.kind !== "read" ? [] : partaking.slice(0, DIAGNOSE_LIMITS.testAdmissions);
  const testAdmissions = await inParallel(tried, (namespace) => admissionIn(reads, namespace, now));
  progress("the running pods of Outrigger");
  return {
    release,
    now: new Date(now()),
    version: mapped(version, ({ gitVersion }) => stringOf(gitVersion) ?? "unknown"),
    permissions,
    foreign: foreign.flatMap((one) => (one === "unread" ? [] : one)),
    foreignUnread: foreign.filter((one) => one === "unread").length,
    crds,
    meshes: membership.unread.nodes === "" ? membership.meshes.length : undefined,
    registrations,
    appMeshWebhooks: appMesh,
    otherServices,
    oldDeployments,
    namespaces,
    injector,
    controlPlane,
    meshModes: meshModesOf(controlPlane, membership.annotatedMeshes, namespaces),
    mesh,
    unlabelled,
    objectRegistrations: objectRegistrationsOf(allRegistrations),
    configuration: liveConfiguration(injector),
    trust,
    pods: namespaces.kind === "read" ? pods : namespaces,
    testAdmissions,
    untried: partaking.length - testAdmissions.length,
    injectorPods: await insidePods(gathering.door, "injector", injector),
    controlPlanePods: await insidePods(gathering.door, "control-plane", controlPlane),
  };
}

/** Every object that an installation may consist of. */
function wholeInstallation(release: string): InstallationOptions {
  return {
    components: COMPONENTS,
    release,
    settings: {},
    availability: "ha",
    failurePolicy: "Ignore",
    certificates: "own",
  };
}

/** The injector's among all registrations. */
function ownRegistration(registrations: Reading<readonly JsonObject[]>): Reading<JsonObject> {
  if (registrations.kind !== "read") return registrations;
  const value = registrations.value.find((object) => nameOf(object) === INJECTOR_NAME);
  return value === undefined ? { kind: "absent" } : { kind: "read", value };
}

async function inTheWay(reads: ClusterReads, object: JsonObject): Promise<readonly Refusal[] | "unread"> {
  const stored = await reads.one(objectPath(object));
  if (stored.kind === "absent") return [];
  if (stored.kind !== "read") return "unread";
  const refusal = foreignRefusal(object, stored.value);
  return refusal === undefined ? [] : [refusal];
}

/** The mesh's roots; absent when the ConfigMap has none. */
export async function readTrust(reads: ClusterReads): Promise<Reading<string>> {
  const object = await reads.one(`/api/v1/namespaces/${TRUST.namespace}/configmaps/${TRUST.name}`);
  const pem = mapped(object, trustPem);
  if (pem.kind !== "read") return pem;
  return pem.value === undefined ? { kind: "absent" } : { kind: "read", value: pem.value };
}

/** Deployments of the AWS programs where their own installation scripts put them. */
async function readOldDeployments(reads: ClusterReads) {
  const lists = await Promise.all(
    [CONTROL_PLANE_NAMESPACE, INJECTOR_NAMESPACE].map((namespace) =>
      reads.list(`/apis/apps/v1/namespaces/${namespace}/deployments`, "whole", oldDeployment),
    ),
  );
  return together(lists);
}

async function readOtherServices(
  reads: ClusterReads,
  registrations: readonly JsonObject[],
  appMesh: readonly AppMeshWebhooks[],
) {
  const named = [...otherEntries(registrations), ...appMesh].flatMap(({ service }) => service ?? []);
  const services = [...new Map(named.map((service) => [`${service.namespace}/${service.name}`, service])).values()];
  const entries = await inParallel(services, async ({ namespace, name }) => {
    const where = `namespaces/${encodeURIComponent(namespace)}`;
    const selector = encodeURIComponent(`kubernetes.io/service-name=${name}`);
    const [service, slices] = await Promise.all([
      reads.one(`/api/v1/${where}/services/${encodeURIComponent(name)}`),
      reads.list(
        `/apis/discovery.k8s.io/v1/${where}/endpointslices?labelSelector=${selector}`,
        "whole",
        readyEndpoints,
      ),
    ]);
    const ready = slices.kind === "read" ? slices.value.reduce((sum, number) => sum + number, 0) : ("unread" as const);
    return [`${namespace}/${name}`, service.kind === "absent" ? undefined : ready] as const;
  });
  return new Map(entries);
}

function readyEndpoints({ endpoints }: JsonObject): number {
  const isReady = (conditions: Json | undefined): boolean => member(conditions, "ready") !== false;
  return objectsOf(endpoints).filter(({ conditions }) => isReady(conditions)).length;
}

async function judgedPods(
  reads: ClusterReads,
  namespaces: readonly NamespaceState[],
  deciding: Deciding,
  registeredAt: string | undefined,
): Promise<Reading<readonly JudgedPod[]>> {
  const found: JudgedPod[] = [];
  for (const namespace of namespaces) {
    const states = await readPodStates(reads, namespace, deciding);
    if (states.kind !== "read") return states;
    for (const state of states.value) found.push({ state, verdict: verdictOf(state, namespace, registeredAt) });
  }
  return { kind: "read", value: found };
}

async function insidePods(
  door: PodDoor,
  component: "injector" | "control-plane",
  { deployment, pods }: ComponentFacts,
): Promise<readonly InsidePod[]> {
  if (valueIn(deployment)?.isOurs !== true) return [];
  const { namespace } = PLACES[component];
  const server = component === "injector" ? `${INJECTOR_NAME}.${INJECTOR_NAMESPACE}.svc` : CONTROL_PLANE_SERVER;
  return await inParallel(
    (valueIn(pods) ?? []).filter(({ ready, leaving }) => ready && !leaving),
    async ({ name }) => ({
      name,
      certificate: await certificateOf(door, { namespace, pod: name, port: TLS_PORTS[component] }, server),
      metrics: await askPod(door, { namespace, pod: name, port: HEALTH_PORT }, "/metrics"),
    }),
  );
}

const CONTROL_PLANE_SERVER = `outrigger.${CONTROL_PLANE_NAMESPACE}.svc`;
