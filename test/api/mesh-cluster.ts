import type { ConfigurationInput } from "../../src/config/schema.ts";
import { customResourceDefinitions } from "../../src/install/objects/custom-resource-definitions.ts";
import { objectRegistrations } from "../../src/install/objects/object-registrations.ts";
import { installation } from "../../src/install/objects/objects.ts";
import { collectionPath } from "../../src/kube/object-path.ts";
import { type JsonObject, member, objectOf, objectsOf } from "../../src/model/json.ts";
import type { Kind } from "../../src/model/kinds.ts";
import { RELEASE } from "../../src/release.ts";
import { replaceableCertificate, type TestControlPlane, testControlPlane } from "../control-plane-harness.ts";
import { type TestAuthority, testAuthority } from "../envoy/authority.ts";
import { nameOf, text } from "./api-object.ts";
import { mesh, pathOf } from "./app-mesh-manifests.ts";
import { installCrds } from "./custom-resources.ts";
import { type Kubectl, kubectlOf, type Said } from "./kubectl.ts";
import { type OwnCluster, startOwnCluster } from "./own-cluster.ts";
import { until } from "./until.ts";

/* A real API server with App Mesh's kinds, and a control plane that looks after them. */

const WEBHOOKS = "/apis/admissionregistration.k8s.io/v1";
/** What an installation consists of beside programs and registrations. */
const RIGHTS = new Set([
  "Namespace",
  "ServiceAccount",
  "ClusterRole",
  "ClusterRoleBinding",
  "Role",
  "RoleBinding",
  "ValidatingAdmissionPolicy",
  "ValidatingAdmissionPolicyBinding",
]);

export interface MeshCluster {
  readonly cluster: OwnCluster;
  readonly kubectl: Kubectl;
  /** Whoever calls the control plane trusts it. */
  readonly authority: TestAuthority;
  /** `kubectl apply` of these objects. */
  apply(...objects: readonly JsonObject[]): Promise<Said>;
  /** Makes a namespace with labels. */
  namespace(name: string, labels: Readonly<Record<string, string>>): Promise<void>;
  stored(kind: Kind, place: string): Promise<JsonObject>;
  specOf(kind: Kind, place: string): Promise<JsonObject>;
  /** `VirtualNodeActive=True Active`, …; empty where nothing was written yet. */
  conditionsOf(kind: Kind, place: string): Promise<readonly string[]>;
  /** Waits for a condition, said of the object as it is now and not of one before. */
  untilSaid(kind: Kind, place: string, condition: string): Promise<void>;
  stop(): Promise<void>;
}

/** The namespace, account, roles and policies of an installed control plane. */
export async function installRights({ api }: OwnCluster): Promise<void> {
  const objects = installation({
    components: ["control-plane"],
    release: RELEASE,
    settings: {},
    availability: "single",
    failurePolicy: "Ignore",
    certificates: "own",
  });
  for (const one of objects.filter(({ kind }) => RIGHTS.has(text(kind)))) {
    await api.apply(`${collectionPath(one)}/${nameOf(one)}`, one);
  }
}

/** An API server for one test file alone, with App Mesh's CRDs and the roles and policies of an installation. */
export async function meshCluster(): Promise<MeshCluster> {
  const cluster = await startOwnCluster();
  const kubectl = kubectlOf(cluster);
  await installCrds(cluster.api, customResourceDefinitions());
  await installRights(cluster);
  const stored = async (kind: Kind, place: string): Promise<JsonObject> =>
    (await cluster.api.send("GET", pathOf(kind, place))).body;
  const conditionsOf = async (kind: Kind, place: string): Promise<readonly string[]> =>
    conditionsIn(await stored(kind, place));
  return {
    cluster,
    kubectl,
    authority: await testAuthority(),
    apply: (...given) => kubectl("apply", "-f", "-", given),
    async namespace(name, labels) {
      const metadata = { name, labels };
      await cluster.api.apply(`/api/v1/namespaces/${name}`, { apiVersion: "v1", kind: "Namespace", metadata });
    },
    stored,
    specOf: async (kind, place) => objectOf((await stored(kind, place)).spec),
    conditionsOf,
    untilSaid: (kind, place, condition) =>
      until(async () => {
        const object = await stored(kind, place);
        const said = conditionsIn(object);
        const isOfNow = member(object.status, "observedGeneration") === member(object.metadata, "generation");
        if (isOfNow && said.includes(condition)) return undefined;
        return `${kind} ${place} says ${said.join(", ") || "nothing"}${isOfNow ? "" : ", of what it was before"}`;
      }),
    stop: () => cluster.stop(),
  };
}

function conditionsIn({ status }: JsonObject): readonly string[] {
  return objectsOf(member(status, "conditions")).map(
    ({ type, status: is, reason }) => `${text(type)}=${text(is)} ${text(reason)}`,
  );
}

/** Starts a control plane, whose webhook the API server asks from then on where `webhook` says so. */
export async function comeUp(
  { cluster, authority, kubectl }: MeshCluster,
  webhook: "asked" | "away",
  input: ConfigurationInput = {},
): Promise<TestControlPlane> {
  const names = [{ type: "ip", value: "127.0.0.1" } as const, { type: "dns", value: "localhost" } as const];
  const certificate = replaceableCertificate(await authority.issue(...names));
  const controlPlane = await testControlPlane(cluster.kubeconfig, certificate, {
    ...input,
    controlPlane: {
      ...(webhook === "asked" && { webhookListen: "127.0.0.1:0" }),
      shutdownSeconds: 1,
      ...input.controlPlane,
    },
  });
  if (webhook === "away") return controlPlane;
  const caBundle = Buffer.from(authority.pem).toString("base64");
  for (const registration of objectRegistrations({ url: `https://127.0.0.1:${controlPlane.webhookAddress?.port}/` })) {
    const webhooks = objectsOf(registration.webhooks).map((entry) => ({
      ...entry,
      clientConfig: { ...objectOf(entry.clientConfig), caBundle },
    }));
    const plural = `${text(registration.kind).toLowerCase()}s`;
    await cluster.api.apply(`${WEBHOOKS}/${plural}/outrigger`, { ...registration, webhooks });
  }
  await until(async () => {
    const asked = controlPlane.lines.filter(({ msg }) => msg === "object completed" || msg === "object reviewed");
    if (new Set(asked.map(({ msg }) => msg)).size === 2) return undefined;
    await kubectl("apply", "--dry-run=server", "-f", "-", [mesh("asked")]);
    return "the API server does not ask yet";
  });
  return controlPlane;
}
