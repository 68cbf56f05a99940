import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { BootstrapSpec } from "../../src/bootstrap/spec.ts";
import { member } from "../../src/model/json.ts";
import { PORTS } from "../../src/model/names.ts";
import { type Cluster, startCluster } from "../../testbed/cluster.ts";
import { type ApiConnection, connectApi } from "../api/api-connection.ts";
import {
  type ReplaceableCertificate,
  replaceableCertificate,
  type TestControlPlane,
  testControlPlane,
} from "../control-plane-harness.ts";
import { createMeshPod, type MeshPod, meshNamespace, tokenOf } from "../mesh-pods.ts";
import { ask, succeeds } from "./ask.ts";
import { type TestAuthority, testAuthority } from "./authority.ts";
import { configYaml, eventually, freePorts, type RunningEnvoy, startEnvoy } from "./envoy-process.ts";
import { type IdentityFolder, identityFolder } from "./identity-folder.ts";
import { LOOPBACK_POD } from "./kubelet-expansion.ts";

/* Real Envoys, the real control plane, and a real API server that knows the pods and issued the tokens. */

let cluster: Cluster;
let api: ApiConnection;
let namespace: string;
let authority: TestAuthority;
let certificate: ReplaceableCertificate;
let controlPlane: TestControlPlane;
const cleanUp: (() => Promise<void>)[] = [];

beforeAll(async () => {
  cluster = await startCluster();
  const { server, kubeconfig, credentials, binaries } = cluster;
  api = connectApi({ server, kubeconfig, kubectl: binaries.kubectl, ...credentials });
  namespace = await meshNamespace(api, "shop");
  authority = await testAuthority();
  certificate = replaceableCertificate(await authority.issue({ type: "dns", value: "localhost" }));
  controlPlane = await testControlPlane(kubeconfig, certificate);
});

afterEach(async () => {
  for (const clean of cleanUp.splice(0).reverse()) await clean();
});

afterAll(async () => {
  await controlPlane?.close();
  await api?.close();
  await cluster?.stop();
});

interface Sidecar {
  readonly envoy: RunningEnvoy;
  readonly pod: MeshPod;
  readonly identity: IdentityFolder;
  readonly ports: ReadonlyMap<number, number>;
}

/** An Envoy with the bootstrap of a pod of its own and that pod's token. */
async function sidecar(name: string, change: (config: string) => string = (config) => config): Promise<Sidecar> {
  const pod = await createMeshPod(api, namespace, name);
  const identity = await identityFolder({ token: await tokenOf(api, pod), trust: authority.pem });
  cleanUp.push(() => identity.remove());
  const ports = await freePorts();
  const values = {
    ...LOOPBACK_POD,
    OUTRIGGER_POD_NAME: name,
    OUTRIGGER_POD_NAMESPACE: namespace,
    OUTRIGGER_POD_UID: pod.uid,
  };
  const config = configYaml(specFor(`${namespace}-${name}`), { pod: values, ports, identity: identity.path });
  const envoy = await startEnvoy(change(config));
  cleanUp.push(() => envoy.stop());
  return { envoy, pod, identity, ports };
}

function specFor(node: string): BootstrapSpec {
  return {
    node: { mesh: "shop", kind: "virtualNode", name: node, release: "0.1.0", preview: false },
    controlPlane: { kind: "ads", address: "localhost", port: controlPlane.address.port },
    adminPort: PORTS.admin,
    ipv6: false,
    probes: [],
    tracing: { kind: "none" },
    statsTags: false,
    statsd: undefined,
    sdsSocket: undefined,
  };
}

function admin({ ports }: Sidecar, path: string): ReturnType<typeof ask> {
  return ask({ host: "127.0.0.1", port: ports.get(PORTS.admin) as number, path });
}

function streamOf(pod: MeshPod): Promise<Awaited<ReturnType<TestControlPlane["streams"]>>[number] | undefined> {
  return controlPlane.streams().then((all) => all.find((stream) => member(stream["pod"], "uid") === pod.uid));
}

/** The inbound and outbound ports are the product's own here: a translation knows no others. */
describe.each(["delta", "sotw"] as const)("a sidecar over %s ADS", (protocol) => {
  test("gets the two listeners under App Mesh's names, is ready, and accepts every type", async () => {
    const one = await sidecar(`ready-${protocol}`, (config) =>
      protocol === "delta" ? config : config.replaceAll("DELTA_GRPC", "GRPC"),
    );
    await eventually(() => admin(one, "/ready"), succeeds);
    const { body } = await admin(one, "/listeners");
    expect(body).toContain("lds_ingress_0.0.0.0_15000::");
    expect(body).toContain("lds_egress_0.0.0.0_15001::");
    const stream = await eventually(
      () => streamOf(one.pod),
      (found) => member(member(found?.["types"], "listener"), "accepted") !== "",
    );
    expect(stream).toMatchObject({
      protocol,
      agrees: true,
      claimed: `mesh/shop/virtualNode/${namespace}-ready-${protocol}`,
      resolved: { mesh: "shop", kind: "virtualNode", name: `${namespace}-ready-${protocol}` },
    });
    expect(one.envoy.log()).toBe("");
  });
});
