import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, test } from "vitest";
import { clusterFactSource } from "../../src/cluster/cluster-fact-source.ts";
import { configuration } from "../../src/config/schema.ts";
import { startControlPlane } from "../../src/control-plane/start-control-plane.ts";
import { customResourceDefinitions } from "../../src/install/objects/custom-resource-definitions.ts";
import { member } from "../../src/model/json.ts";
import { REPORT_LABEL } from "../../src/model/names.ts";
import { RELEASE } from "../../src/release.ts";
import { text } from "./api-object.ts";
import { installCrds } from "./custom-resources.ts";
import { type OwnCluster, startOwnCluster } from "./own-cluster.ts";
import { type RecordingProxy, recordingProxy } from "./recording-proxy.ts";
import { until } from "./until.ts";

/* What each role watches of a real API server, as the calls that stand: each collection once, whoever in the process reads it. */

const ACCOUNT = { namespace: "appmesh-system", name: "watcher" };

let cluster: OwnCluster;
let folder: string;
let proxy: RecordingProxy;
let kubeconfig: string;

beforeAll(async () => {
  cluster = await startOwnCluster();
  folder = await mkdtemp(join(tmpdir(), "outrigger-watches-"));
  const { namespace, name } = ACCOUNT;
  await cluster.api.create("/api/v1/namespaces", {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: namespace },
  });
  const accounts = `/api/v1/namespaces/${namespace}/serviceaccounts`;
  await cluster.api.create(accounts, { apiVersion: "v1", kind: "ServiceAccount", metadata: { name } });
  await cluster.api.create("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRoleBinding",
    metadata: { name },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" },
    subjects: [{ kind: "ServiceAccount", ...ACCOUNT }],
  });
  await installCrds(cluster.api, customResourceDefinitions());
}, 300_000);

beforeEach(async () => {
  proxy = await recordingProxy(cluster.provided.server, cluster.provided.ca);
  const { namespace, name } = ACCOUNT;
  const made = await cluster.api.create(`/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`, {
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenRequest",
    spec: {},
  });
  const content = await cluster.kubeconfigOf({ token: text(member(made.status, "token")), server: proxy.url });
  kubeconfig = join(folder, "kubeconfig");
  await writeFile(kubeconfig, JSON.stringify(content));
});

afterEach(() => proxy.close());

afterAll(async () => {
  await cluster?.stop();
  await rm(folder, { recursive: true });
});

/** Collections that are watched now, with the one name, or the label, where it is one; sorted. */
function watched(): readonly string[] {
  return [...proxy.open]
    .map(({ path }) => new URL(path, "http://api"))
    .filter(({ searchParams }) => searchParams.get("watch") === "1")
    .map(({ pathname, searchParams }) =>
      [pathname, searchParams.get("fieldSelector") ?? searchParams.get("labelSelector") ?? ""].join(" ").trim(),
    )
    .toSorted();
}

async function untilWatched(expected: readonly string[]): Promise<void> {
  await until(async () => {
    const seen = JSON.stringify(watched());
    return seen === JSON.stringify(expected.toSorted()) ? undefined : `these are watched: ${seen}`;
  });
}

const APP_MESH = "/apis/appmesh.k8s.aws/v1beta2";
const INJECTION = [
  "/api/v1/limitranges",
  "/api/v1/namespaces",
  "/api/v1/namespaces/appmesh-system/configmaps metadata.name=outrigger-trust",
  "/api/v1/resourcequotas",
  `${APP_MESH}/meshes`,
  `${APP_MESH}/virtualgateways`,
  `${APP_MESH}/virtualnodes`,
  "/apis/apps/v1/replicasets",
  "/apis/batch/v1/jobs",
];

test("the webhook watches what injection asks about a pod, each collection once", async () => {
  const abort = new AbortController();
  await clusterFactSource(configuration({ webhook: { kubeconfig } }), undefined, abort.signal);
  await untilWatched(INJECTION);
  abort.abort();
});

test("a control plane that leads watches the same, the rest of the mesh, reports, and its authority, each collection once", async () => {
  const lines: string[] = [];
  const say = (_fields: object, message: string): void => void lines.push(message);
  const settings = configuration({
    meshName: "m",
    controlPlane: {
      listen: "127.0.0.1:0",
      metricsListen: "",
      diagnosticsListen: "",
      kubeconfig,
      shutdownSeconds: 0,
      restartSlippedThrough: true,
    },
  });
  const running = await startControlPlane(
    {
      configuration: settings,
      release: RELEASE,
      log: { log: { debug: say, info: say, warn: say, error: say }, flush: async () => undefined },
    },
    new AbortController().signal,
  );
  await until(async () => (lines.includes("this replica leads") ? undefined : "it does not lead yet"));
  await until(async () => (lines.includes("trust bundle published") ? undefined : "no trust is published yet"));
  await untilWatched([
    ...INJECTION,
    `/api/v1/namespaces/appmesh-system/configmaps ${REPORT_LABEL}`,
    "/api/v1/namespaces/appmesh-system/secrets metadata.name=outrigger-authority",
    "/api/v1/pods",
    "/api/v1/services",
    `${APP_MESH}/backendgroups`,
    `${APP_MESH}/gatewayroutes`,
    `${APP_MESH}/virtualrouters`,
    `${APP_MESH}/virtualservices`,
    "/apis/discovery.k8s.io/v1/endpointslices",
  ]);
  await running.close();
});
