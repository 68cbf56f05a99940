import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { ConfigurationInput } from "../../src/config/schema.ts";
import { customResourceDefinitions } from "../../src/install/objects/custom-resource-definitions.ts";
import { objectRegistrations } from "../../src/install/objects/object-registrations.ts";
import { installation } from "../../src/install/objects/objects.ts";
import { COMPONENTS, type Component, PLACES } from "../../src/install/objects/ownership.ts";
import { INJECTOR_SERVICE, registration } from "../../src/install/objects/registration.ts";
import { type Json, type JsonObject, listOf, member, objectOf, objectsOf } from "../../src/model/json.ts";
import { APPMESH_API_VERSION, KIND_FACTS, KINDS, type Kind } from "../../src/model/kinds.ts";
import { CLOUD_MAP_GATE, INJECT_KEY } from "../../src/model/names.ts";
import { NOBODY_BEHIND, reportConfigMap, reportText } from "../../src/model/replica-report.ts";
import { createAuthority } from "../../src/pki/authority.ts";
import { validFor } from "../../src/pki/key-pair.ts";
import { RELEASE } from "../../src/release.ts";
import { TYPES } from "../../src/xds/types.ts";
import { freePort } from "../../testbed/process/free-port.ts";
import { createMeshPod, meshNamespace, tokenOf } from "../mesh-pods.ts";
import { xdsClient } from "../xds-client.ts";
import { attributesOf, isAllowed } from "./access.ts";
import { nameOf, text } from "./api-object.ts";
import { installCrds } from "./custom-resources.ts";
import { createNamespace } from "./namespaces.ts";
import { type OwnCluster, startOwnCluster } from "./own-cluster.ts";
import { type Call, type RecordingProxy, recordingProxy } from "./recording-proxy.ts";
import { REGISTRATIONS, type RegisteredWebhook, registerWebhook } from "./registered-webhook.ts";
import { createReplicaPod, deleteReplicaPod } from "./replica-pods.ts";
import { until } from "./until.ts";
import { deploy } from "./workloads.ts";

/* The real processes, each as its own service account against a real API server: with all rules of its roles everything works,
   and without any one of them something does not. */

const MAIN = join(import.meta.dirname, "../../src/cli/main.ts");
const START_MS = 120_000;
const RULE_MS = 300_000;
const PATIENCE_MS = 120_000;
const PAUSE_MS = 100;
/** Times in the API are exact to the second. */
const NEXT_SECOND_MS = 1_100;
const RBAC = "/apis/rbac.authorization.k8s.io/v1";
const OBJECT_REGISTRATIONS = ["mutatingwebhookconfigurations", "validatingwebhookconfigurations"].map(
  (plural) => `/apis/admissionregistration.k8s.io/v1/${plural}`,
);
const CONFIG_MAPS = "/api/v1/namespaces/appmesh-system/configmaps";
const DISCOVERY_BINDING = `${RBAC}/clusterrolebindings/system:service-account-issuer-discovery`;

const OBJECTS = installation({
  components: COMPONENTS,
  release: RELEASE,
  settings: { meshName: "m", controlPlane: { restartSlippedThrough: true } },
  availability: "single",
  failurePolicy: "Ignore",
  certificates: "own",
});

interface GrantedRule {
  readonly title: string;
  readonly component: Component;
  readonly role: JsonObject;
  readonly index: number;
  readonly rule: JsonObject;
}

const RULES: readonly GrantedRule[] = OBJECTS.filter(({ kind }) => kind === "ClusterRole" || kind === "Role").flatMap(
  (role) =>
    objectsOf(role.rules).map((rule, index) => {
      const component = COMPONENTS.find((one) => JSON.stringify(role.metadata).includes(`"${one}"`)) ?? "injector";
      const title = `${text(role.kind)}: ${words(rule.verbs)} ${words(rule.resources)}`;
      return { title, component, role, index, rule };
    }),
);

function words(value: Json | undefined): string {
  return listOf(value).map(text).join(",");
}

let cluster: OwnCluster;
let folder: string;
let proxy: RecordingProxy;
let process_: ChildProcess | undefined;
let undo: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  cluster = await startOwnCluster();
  await installCrds(cluster.api, customResourceDefinitions());
  folder = await mkdtemp(join(tmpdir(), "outrigger-rbac-"));
  const wanted = ["Namespace", "ServiceAccount", "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"];
  const policy = ["ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"];
  for (const object of OBJECTS) {
    if ([...wanted, ...policy].includes(text(object.kind))) await cluster.api.apply(pathOf(object), object);
  }
  // without it the control plane cannot read the keys that tokens are signed with, and has to ask for reviews
  await cluster.api.send("DELETE", DISCOVERY_BINDING);
}, START_MS);

beforeEach(async () => {
  proxy = await recordingProxy(cluster.provided.server, cluster.provided.ca);
});

afterEach(async () => {
  if (process_ !== undefined && process_.exitCode === null) {
    const exited = once(process_, "exit");
    process_.kill("SIGKILL");
    await exited;
  }
  process_ = undefined;
  for (const step of undo.toReversed()) await step();
  undo = [];
  await proxy.close();
  for (const [namespace, kind, name] of [
    ["appmesh-inject", "secrets", "aws-app-mesh-inject-authority"],
    ["appmesh-system", "secrets", "outrigger-authority"],
    ["appmesh-system", "secrets", "outrigger-workload-authority"],
    ["appmesh-system", "configmaps", "outrigger-trust"],
  ]) {
    await cluster.api.send("DELETE", `/api/v1/namespaces/${namespace}/${kind}/${name}`);
  }
  await cluster.api.send(
    "DELETE",
    "/apis/coordination.k8s.io/v1/namespaces/appmesh-system/leases/outrigger-control-plane",
  );
  await cluster.api.send("DELETE", `${REGISTRATIONS}/aws-app-mesh-inject`);
  for (const kind of OBJECT_REGISTRATIONS) await cluster.api.send("DELETE", `${kind}/outrigger`);
});

afterAll(async () => {
  await cluster.stop();
  await rm(folder, { recursive: true });
});

function pathOf(object: JsonObject): string {
  const plurals: Readonly<Record<string, string>> = {
    Namespace: "/api/v1/namespaces",
    ServiceAccount: "/api/v1/namespaces/@/serviceaccounts",
    ClusterRole: `${RBAC}/clusterroles`,
    ClusterRoleBinding: `${RBAC}/clusterrolebindings`,
    Role: `${RBAC}/namespaces/@/roles`,
    RoleBinding: `${RBAC}/namespaces/@/rolebindings`,
    ValidatingAdmissionPolicy: "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies",
    ValidatingAdmissionPolicyBinding: "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings",
  };
  const collection = plurals[text(object.kind)]?.replace("@", text(member(object.metadata, "namespace"))) ?? "";
  return `${collection}/${nameOf(object)}`;
}

/** Starts a role of the executable as its service account; its log goes nowhere, because the proxy sees what is refused. */
async function start(component: Component, settings: ConfigurationInput): Promise<void> {
  const { namespace, name } = PLACES[component];
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`;
  const made = await cluster.api.create(path, {
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenRequest",
    spec: {},
  });
  const token = text(member(made.status, "token"));
  const kubeconfig = join(folder, "kubeconfig");
  await writeFile(kubeconfig, JSON.stringify(await cluster.kubeconfigOf({ token, server: proxy.url })));
  const section = component === "injector" ? "webhook" : "controlPlane";
  const config = join(folder, "config.json");
  await writeFile(config, JSON.stringify({ ...settings, [section]: { ...settings[section], kubeconfig } }));
  const command = component === "injector" ? "webhook" : "control-plane";
  process_ = spawn(process.execPath, [MAIN, command, "--config", config], { stdio: "ignore" });
  await once(process_, "spawn");
}

/** What has to work; each check says what does not, or nothing. */
type Checks = Readonly<Record<string, () => Promise<boolean>>>;

async function isReady(port: number): Promise<boolean> {
  return await fetch(`http://127.0.0.1:${port}/readyz`).then(
    ({ ok }) => ok,
    () => false,
  );
}

async function stored(path: string): Promise<JsonObject> {
  const { status, body } = await cluster.api.send("GET", path);
  return status === 200 ? body : {};
}

/** The trust of a mesh that was there before; returns it. */
async function publishTrust(): Promise<string> {
  const { certificate } = await createAuthority("mesh authority of a test", validFor(1, new Date()));
  await cluster.api.create("/api/v1/namespaces/appmesh-system/configmaps", {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "outrigger-trust" },
    data: { "trust.pem": certificate },
  });
  return certificate;
}

/** The injector in a cluster whose mesh has published its trust. */
async function injector(): Promise<Checks> {
  await publishTrust();
  await cluster.api.create(REGISTRATIONS, registration({ service: INJECTOR_SERVICE }));
  const metrics = await freePort();
  const listeners = { listen: "127.0.0.1:0", metricsListen: `127.0.0.1:${metrics}` };
  await start("injector", { meshName: "m", webhook: { ...listeners, certificate: "cluster", shutdownSeconds: 0 } });
  return {
    "is ready": () => isReady(metrics),
    "has put its authority into its registration": async () => {
      const [webhook] = objectsOf((await stored(`${REGISTRATIONS}/aws-app-mesh-inject`)).webhooks);
      return member(webhook?.clientConfig, "caBundle") !== undefined;
    },
  };
}

/** An App Mesh object of each kind that was stored while no webhook answered. */
async function meshObjects(): Promise<{ readonly namespace: string; readonly path: (kind: Kind) => string }> {
  const namespace = await createNamespace(cluster.api, "unwritten", {});
  const metadata = { name: namespace, labels: { mesh: namespace } };
  await cluster.api.apply(`/api/v1/namespaces/${namespace}`, { apiVersion: "v1", kind: "Namespace", metadata });
  const spec = { namespaceSelector: { matchLabels: { mesh: namespace } } };
  const mesh = { apiVersion: APPMESH_API_VERSION, kind: "Mesh", metadata: { name: namespace }, spec };
  await cluster.api.create(`/apis/${APPMESH_API_VERSION}/meshes`, mesh);
  const collection = (kind: Kind): string =>
    `/apis/${APPMESH_API_VERSION}/namespaces/${namespace}/${KIND_FACTS[kind].plural}`;
  const target = { virtualService: { virtualServiceRef: { name: "web" } } };
  const specs = {
    VirtualNode: {},
    VirtualRouter: {},
    VirtualService: {},
    VirtualGateway: { namespaceSelector: {} },
    GatewayRoute: { httpRoute: { match: { prefix: "/" }, action: { target } } },
    BackendGroup: {},
  } as const;
  for (const [kind, spec] of Object.entries(specs)) {
    const object = { apiVersion: APPMESH_API_VERSION, kind, metadata: { name: "web" }, spec };
    await cluster.api.create(collection(kind as Kind), object as unknown as JsonObject);
  }
  return { namespace, path: (kind) => `${collection(kind)}/web` };
}

/** A pod whose containers are ready, and that waits for App Mesh's readiness gate; returns its path. */
async function waitingForGate(): Promise<string> {
  const namespace = await createNamespace(cluster.api, "gated", {});
  const path = `/api/v1/namespaces/${namespace}/pods`;
  const spec = {
    serviceAccountName: "default",
    readinessGates: [{ conditionType: CLOUD_MAP_GATE }],
    containers: [{ name: "app", image: "app" }],
  };
  await cluster.api.create(path, { apiVersion: "v1", kind: "Pod", metadata: { name: "web" }, spec });
  const ready = { type: "ContainersReady", status: "True", lastTransitionTime: "2026-01-01T00:00:00Z" };
  const { status } = await cluster.api.patch(`${path}/web/status`, { status: { conditions: [ready] } });
  expect(status).toBe(200);
  return `${path}/web`;
}

/** The pod that this process takes itself to be in, and another replica, whose proxies reject something that comes from the node `web`. */
async function replicas(namespace: string): Promise<void> {
  const names = [hostname(), "other-replica"];
  undo.push(async () => {
    for (const name of names) {
      await deleteReplicaPod(cluster.api, name);
      await cluster.api.send("DELETE", `${CONFIG_MAPS}/outrigger-report-${name}`);
    }
  });
  await createReplicaPod(cluster.api, hostname());
  const object = { kind: "VirtualNode", namespace, name: "web" } as const;
  const rejections = [{ object, proxies: 1, type: "listener", name: "in", problem: "no such filter" }];
  const report = reportText({ nodes: [], rejections, behind: NOBODY_BEHIND, isWhole: true });
  const uid = await createReplicaPod(cluster.api, "other-replica");
  await cluster.api.create(CONFIG_MAPS, reportConfigMap({ name: "other-replica", uid }, report));
}

/** A mesh of a namespace, and in it the node of pods `app: proxy`, which wants a certificate of the control plane's. */
async function certifiedNode(namespace: string): Promise<void> {
  const metadata = { name: namespace, labels: { mesh: namespace } };
  await cluster.api.apply(`/api/v1/namespaces/${namespace}`, { apiVersion: "v1", kind: "Namespace", metadata });
  const mesh = {
    apiVersion: APPMESH_API_VERSION,
    kind: "Mesh",
    metadata: { name: namespace, annotations: { "outrigger.dev/mesh": "serve" } },
    spec: { namespaceSelector: { matchLabels: { mesh: namespace } } },
  };
  await cluster.api.create(`/apis/${APPMESH_API_VERSION}/meshes`, mesh);
  undo.push(() => cluster.api.send("DELETE", `/apis/${APPMESH_API_VERSION}/meshes/${namespace}`));
  const tls = { mode: "STRICT", certificate: { acm: { certificateARN: "arn:aws:acm:r:1:certificate/a" } } };
  const nodes = `/apis/${APPMESH_API_VERSION}/namespaces/${namespace}/virtualnodes`;
  await cluster.api.create(nodes, {
    apiVersion: APPMESH_API_VERSION,
    kind: "VirtualNode",
    metadata: { name: "proxy" },
    spec: {
      podSelector: { matchLabels: { app: "proxy" } },
      listeners: [{ portMapping: { port: 8080, protocol: "http" }, tls }],
      serviceDiscovery: { dns: { hostname: `proxy.${namespace}.svc.cluster.local` } },
    },
  });
  undo.push(() => cluster.api.send("DELETE", `${nodes}/proxy`));
}

/** The control plane in a cluster in which a Deployment's pod has slipped through, and a proxy comes with its token. */
async function controlPlane(): Promise<Checks> {
  const before = await publishTrust();
  const nobody = registration({ url: "https://127.0.0.1:9/", failurePolicy: "Ignore" });
  await cluster.api.apply(`${REGISTRATIONS}/aws-app-mesh-inject`, nobody);
  const namespace = await createNamespace(cluster.api, "slipped", { [INJECT_KEY]: "enabled" });
  await new Promise((resolve) => setTimeout(resolve, NEXT_SECOND_MS));
  const slipped = await (await deploy(cluster.api, namespace, "web")).pod();
  for (const [index, object] of objectRegistrations().entries()) {
    await cluster.api.apply(`${OBJECT_REGISTRATIONS[index]}/outrigger`, object);
  }
  const { namespace: unwritten, path: objectPath } = await meshObjects();
  const namespaced = KINDS.filter((kind) => kind !== "Mesh");
  undo.push(async () => {
    for (const kind of namespaced) await cluster.api.send("DELETE", objectPath(kind));
    await cluster.api.send("DELETE", `/apis/${APPMESH_API_VERSION}/meshes/${unwritten}`);
  });
  const gated = await waitingForGate();
  const webhook: RegisteredWebhook = await registerWebhook(cluster.api, cluster.provided, {});
  undo.push(() => webhook.stop());
  const meshed = await meshNamespace(cluster.api, "meshed");
  await certifiedNode(meshed);
  const pod = await createMeshPod(cluster.api, meshed, "proxy", { labels: { app: "proxy" } });
  const token = await tokenOf(cluster.api, pod);
  const [listen, metrics] = [await freePort(), await freePort()];
  await replicas(unwritten);
  await start("control-plane", {
    meshName: "m",
    controlPlane: {
      listen: `127.0.0.1:${listen}`,
      metricsListen: `127.0.0.1:${metrics}`,
      diagnosticsListen: "",
      webhookListen: "127.0.0.1:0",
      shutdownSeconds: 0,
      restartSlippedThrough: true,
    },
  });
  const system = "/api/v1/namespaces/appmesh-system";
  return {
    "is ready": () => isReady(metrics),
    "has published the trust": async () => {
      const published = await stored(`${system}/configmaps/outrigger-trust`);
      return text(member(published.data, "trust.pem")) !== before;
    },
    "has put its authority into the registrations of App Mesh objects": async () => {
      const found = await Promise.all(OBJECT_REGISTRATIONS.map((kind) => stored(`${kind}/outrigger`)));
      return found.every(({ webhooks }) =>
        objectsOf(webhooks).every((entry) => member(entry.clientConfig, "caBundle") !== undefined),
      );
    },
    "opens the readiness gate of a pod": async () => {
      const { status } = await stored(gated);
      return objectsOf(member(status, "conditions")).some(
        ({ type, status: is }) => type === CLOUD_MAP_GATE && is === "True",
      );
    },
    "completes App Mesh objects": async () => {
      const objects = await Promise.all(namespaced.map((kind) => stored(objectPath(kind))));
      return objects.every(({ spec }) => member(spec, "meshRef") !== undefined);
    },
    "keeps a report of its own": async () => {
      const report = await stored(`${system}/configmaps/outrigger-report-${hostname()}`);
      return text(member(report.data, "report.json")) !== "";
    },
    "says on an object what proxies of another replica reject": async () => {
      const { status } = await stored(objectPath("VirtualNode"));
      return objectsOf(member(status, "conditions")).some(({ reason }) => reason === "Rejected");
    },
    "says what has become of them": async () => {
      const said = namespaced.filter((kind) => KIND_FACTS[kind].condition !== undefined);
      const objects = await Promise.all(said.map((kind) => stored(objectPath(kind))));
      return objects.every(({ status }) => objectsOf(member(status, "conditions")).length > 0);
    },
    leads: async () => {
      const leases = "/apis/coordination.k8s.io/v1/namespaces/appmesh-system/leases";
      const lease = await stored(`${leases}/outrigger-control-plane`);
      return text(member(lease.spec, "holderIdentity")) !== "";
    },
    "serves a proxy by the review of its token": async () => {
      const published = await stored(`${system}/configmaps/outrigger-trust`);
      const client = xdsClient(listen, text(member(published.data, "trust.pem")), "outrigger.appmesh-system.svc");
      try {
        const call = client.delta(token);
        const metadata = { outrigger: { pod: { ...pod } } };
        call.send({ typeUrl: TYPES.listener, node: { id: "mesh/m/virtualNode/x", metadata } });
        return await call.next().then(
          () => true,
          () => false,
        );
      } catch {
        return false;
      } finally {
        client.close();
      }
    },
    "has an authority that signs for a node": async () => {
      const { data } = await stored(`${system}/secrets/outrigger-workload-authority`);
      return member(data, "authority.json") !== undefined;
    },
    "says on the Deployment that a pod slipped through": async () => {
      const events = objectsOf((await stored(`/api/v1/namespaces/${namespace}/events`)).items);
      return events.some(({ reason }) => reason === "SlippedThrough");
    },
    "has that pod created again": async () => {
      const { status } = await cluster.api.send("GET", `/api/v1/namespaces/${namespace}/pods/${nameOf(slipped)}`);
      return status === 404;
    },
  };
}

const SCENARIOS: Readonly<Record<Component, () => Promise<Checks>>> = { injector, "control-plane": controlPlane };

/** Names of the checks that fail: none at last, or some and then a call was refused that the rule would have allowed. */
async function failing(checks: Checks, ended: () => boolean): Promise<readonly string[]> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const wasEnded = ended();
    const failed: string[] = [];
    for (const [name, works] of Object.entries(checks)) if (!(await works())) failed.push(name);
    if (failed.length === 0 || wasEnded || performance.now() > deadline) return failed;
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

const METHODS: Readonly<Record<string, readonly string[]>> = {
  get: ["GET"],
  list: ["GET"],
  watch: ["GET"],
  create: ["POST"],
  update: ["PUT"],
  patch: ["PATCH"],
};

/** Whether a refused call is one that the rule is for. */
function isFor(rule: JsonObject, { method, path }: Call): boolean {
  const methods = listOf(rule.verbs).flatMap((verb) => METHODS[text(verb)] ?? []);
  return (
    methods.includes(method) &&
    listOf(rule.resources).some((resource) => {
      const [plural = "", subresource] = text(resource).split("/");
      const end = subresource === undefined ? "(?:[/?]|$)" : `/[^/]+/${subresource}(?:\\?|$)`;
      return new RegExp(`/${plural}${end}`).test(path);
    })
  );
}

/** Changes a role and waits until the API server goes by it. */
async function grant(
  role: JsonObject,
  rules: readonly JsonObject[],
  probe: JsonObject,
  allowed: boolean,
): Promise<void> {
  const path = pathOf(role);
  const current = await stored(path);
  const { status } = await cluster.api.send("PUT", path, { ...current, rules });
  expect(status).toBe(200);
  const component = COMPONENTS.find((one) => JSON.stringify(role.metadata).includes(`"${one}"`)) ?? "injector";
  const { namespace, name } = PLACES[component];
  const user = `system:serviceaccount:${namespace}:${name}`;
  const resourceAttributes = attributesOf(probe, role.kind === "Role" ? namespace : undefined);
  await until(async () => {
    const isSo = (await isAllowed(cluster.api, { user, resourceAttributes })) === allowed;
    return isSo ? undefined : "the API server goes by the role of before";
  });
}

/** `verb resource` of a call, as RBAC knows it (https://kubernetes.io/docs/reference/access-authn-authz/authorization/#determine-the-request-verb). */
function permissionOf({ method, path }: Call): string {
  const { pathname, searchParams } = new URL(path, "https://api.example");
  const [, plural = "", name, subresource] =
    /^\/(?:api\/v1|apis\/[^/]+\/[^/]+)(?:\/namespaces\/[^/]+(?=\/))?\/([^/]+)(?:\/([^/]+))?(?:\/([^/]+))?$/.exec(
      pathname,
    ) ?? [];
  const resource = subresource === undefined ? plural : `${plural}/${subresource}`;
  if (method !== "GET") return `${VERBS[method] ?? method} ${resource}`;
  if (searchParams.has("watch")) return `watch ${resource}`;
  return `${name === undefined ? "list" : "get"} ${resource}`;
}

/** Read by name where a pod comes before the cache knows it, which is a matter of luck here; and a Secret is written again when it is renewed. */
const LATER = ["get jobs", "get namespaces", "get replicasets", "update secrets"];
/** Server-side apply takes both verbs where there was nothing: the call is a patch. */
const APPLIED = ["create secrets", "create leases"];
/** This cluster has no CRDs, so that there is nothing to watch. */
const CUSTOM = ["watch meshes", "watch virtualgateways", "watch virtualnodes"];
const MESH = ["watch backendgroups", "watch gatewayroutes", "watch virtualrouters", "watch virtualservices"];

/** Granted for what these scenarios do not always bring about, and why; anything else that is granted and not used is too much. */
const NOT_USED: Readonly<Record<Component, readonly string[]>> = {
  // the trust is read by name where a pod comes before its cache knows it
  injector: ["get configmaps", ...APPLIED, ...LATER, ...CUSTOM],
  // applying the trust creates it where there was none; an event is patched when it happens again
  "control-plane": ["create configmaps", "patch events", ...APPLIED, ...LATER, ...CUSTOM, ...MESH],
};

const VERBS: Readonly<Record<string, string>> = { POST: "create", PUT: "update", PATCH: "patch", DELETE: "delete" };

test.each(COMPONENTS)(
  "with all of its rules the %s does everything, and nothing is refused",
  async (component) => {
    const checks = await SCENARIOS[component]();
    expect(await failing(checks, () => false)).toEqual([]);
    // asked for on purpose: the binding that would allow it was taken away
    expect(proxy.refused.filter(({ path }) => !/openid/.test(path))).toEqual([]);
    const granted = RULES.filter((one) => one.component === component).flatMap(({ rule }) =>
      listOf(rule.verbs).flatMap((verb) => listOf(rule.resources).map((resource) => `${text(verb)} ${text(resource)}`)),
    );
    // everything works from the lists on, and the watches follow
    await until(async () => {
      const used = new Set(proxy.calls.map(permissionOf));
      const unused = granted.filter((one) => !used.has(one) && !NOT_USED[component].includes(one));
      return unused.length === 0 ? undefined : `granted and not used: ${unused.join(", ")}`;
    });
  },
  RULE_MS,
);

describe("something fails without the rule", () => {
  test.each(RULES.map((granted) => [`${granted.component} ${granted.title}`, granted] as const))(
    "%s",
    async (_title, { component, role, index, rule }) => {
      const rules = objectsOf(role.rules);
      await grant(role, rules.toSpliced(index, 1), rule, false);
      undo.push(() => grant(role, rules, rule, true));
      const checks = await SCENARIOS[component]();
      const isRefused = (): boolean => proxy.refused.some((refused) => isFor(rule, refused));
      expect(await failing(checks, isRefused)).not.toEqual([]);
      expect(proxy.refused.filter((refused) => isFor(rule, refused))).not.toEqual([]);
    },
    RULE_MS,
  );
});

describe("of a pod's status the control plane may", () => {
  let path: string;
  let token: string;
  beforeAll(async () => {
    path = await waitingForGate();
    token = await accountToken();
  });
  const patch = async (body: JsonObject, of = path) => {
    const answer = await cluster.as(token, "PATCH", `${cluster.provided.server}${of}/status?dryRun=All`, body);
    return { status: answer.status, message: text(answer.body.message) };
  };
  const condition = (type: string, status = "True"): JsonObject => ({ status: { conditions: [{ type, status }] } });

  test("set the condition of the readiness gate", async () => {
    expect(await patch(condition(CLOUD_MAP_GATE))).toMatchObject({ status: 200 });
  });

  test.each<[string, JsonObject]>([
    ["take it back", condition(CLOUD_MAP_GATE, "False")],
    ["set another", condition("Ready")],
    ["change one", condition("ContainersReady", "False")],
    ["change its phase", { status: { ...(condition(CLOUD_MAP_GATE).status as JsonObject), phase: "Failed" } }],
    ["give it an address", { status: { podIP: "10.0.0.1", podIPs: [{ ip: "10.0.0.1" }] } }],
    ["label it", { metadata: { labels: { a: "b" } }, ...condition(CLOUD_MAP_GATE) }],
    ["annotate it", { metadata: { annotations: { a: "b" } }, ...condition(CLOUD_MAP_GATE) }],
  ])("not %s", async (_, body) => {
    expect(await patch(body)).toMatchObject({
      status: 422,
      message: expect.stringContaining("outrigger-control-plane may"),
    });
  });

  test("set nothing where there is no such gate", async () => {
    const pods = path.replace(/\/[^/]+$/, "");
    const spec = { serviceAccountName: "default", containers: [{ name: "app", image: "app" }] };
    await cluster.api.create(pods, { apiVersion: "v1", kind: "Pod", metadata: { name: "plain" }, spec });
    expect(await patch(condition(CLOUD_MAP_GATE), `${pods}/plain`)).toMatchObject({
      status: 422,
      message: expect.stringContaining("only where a pod has a readiness gate for it"),
    });
  });
});

/** A token of the control plane's account, bound to one of its pods where that is given. */
async function accountToken(spec: JsonObject = {}): Promise<string> {
  const { namespace, name } = PLACES["control-plane"];
  const made = await cluster.api.create(`/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`, {
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenRequest",
    spec,
  });
  return text(member(made.status, "token"));
}

test("the control plane may write no other ConfigMaps than the trust and its own report", async () => {
  const uid = await createReplicaPod(cluster.api, "replica-1");
  undo.push(() => deleteReplicaPod(cluster.api, "replica-1"));
  const bound = await accountToken({ boundObjectRef: { apiVersion: "v1", kind: "Pod", name: "replica-1", uid } });
  const [policy, unbound] = ["outrigger-control-plane may write", await accountToken()];
  const create = async (token: string, name: string, namespace = "appmesh-system"): Promise<string> => {
    const path = `${cluster.provided.server}/api/v1/namespaces/${namespace}/configmaps?dryRun=All`;
    const object = { apiVersion: "v1", kind: "ConfigMap", metadata: { name } };
    const { status, body } = await cluster.as(token, "POST", path, object);
    return status === 201 ? "created" : text(body.message);
  };
  for (const token of [bound, unbound]) {
    expect(await create(token, "outrigger-trust")).toBe("created");
    expect(await create(token, "outrigger-report-replica-1")).toBe("created");
    for (const name of ["outrigger-x", "anything", "outrigger-report"]) {
      expect(await create(token, name)).toContain(`${policy} no other ConfigMaps`);
    }
    expect(await create(token, "outrigger-report-replica-1", "default")).toContain("forbidden");
  }
  expect(await create(bound, "outrigger-report-replica-2")).toContain(`${policy} the report of its own pod only`);
  expect(await create(unbound, "outrigger-report-replica-2")).toBe("created");
});

test("the control plane may create pods only as dry runs", async () => {
  const token = await accountToken();
  const pods = `${cluster.provided.server}/api/v1/namespaces/default/pods`;
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "real" },
    spec: { serviceAccountName: "default", containers: [{ name: "app", image: "app" }] },
  };
  const create = async (query: string): Promise<{ readonly status: number; readonly message: string }> => {
    const answer = await cluster.as(token, "POST", `${pods}${query}`, pod);
    return { status: answer.status, message: text(answer.body.message) };
  };
  expect(await create("?dryRun=All")).toMatchObject({ status: 201 });
  expect(await create("")).toMatchObject({
    status: 422,
    message: expect.stringContaining("outrigger-control-plane may create pods only as dry runs"),
  });
  expect(objectOf(await stored("/api/v1/namespaces/default/pods/real"))).toEqual({});
});
