import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { ClusterCredentials } from "../api-tier/credentials.ts";
import { clientKubeconfig } from "../api-tier/kubeconfig.ts";
import { askApiServer, getFromApiServer, isReady } from "../api-tier/ready.ts";
import { type ClaimedCluster, claimCluster, type StartedBy, writeRecord } from "../cluster-record.ts";
import { locations } from "../locations.ts";
import { ownIdentity } from "../process/identity.ts";
import { TestbedError } from "../testbed-error.ts";
import { API_SERVER, DNS_READY_PORT, NODE_IP, NODE_NAME, REGISTRY_PORT } from "./addresses.ts";
import { makeNodeTierCertificates, type NodeTierCertificates } from "./certificates.ts";
import type { ComponentName } from "./component-list.ts";
import { Components } from "./components.ts";
import { configurationFiles } from "./configuration-files.ts";
import { controlGroups, joinControlGroups } from "./control-groups.ts";
import type { ControlRequest } from "./control-requests.ts";
import { serveControl } from "./control-server.ts";
import { ImageRegistry } from "./image-registry.ts";
import { type Machine, startMachine } from "./machine.ts";
import { hasIpv6, setUpNetwork } from "./network.ts";
import type { NodeTierParts } from "./parts.ts";
import { type NodeTierPlan, nodeTierFiles } from "./plan.ts";
import { dropPulledImage } from "./pulled-images.ts";
import { SYSTEM_OBJECTS } from "./system-objects.ts";

/** The usual time is 4 s; a busy machine may take twenty times as long. */
const READY_TIMEOUT_MS = 120_000;
const POLL_MS = 50;

/**
 * Starts a node-tier cluster that dies with this process, and returns when a pod can be created and run. This process
 * must be alone in its network namespace (`unshare --net`): the cluster's network is set up there.
 *
 * @throws TestbedError `name-taken`, or `start` with the ends of the logs.
 */
export async function startNodeCluster(name: string, startedBy: StartedBy, parts: NodeTierParts): Promise<NodeCluster> {
  const now = new Date();
  // The number makes it this cluster's own, also beside one of the same name in another user's cache.
  const controlGroup = `/outrigger-testbed-${name}-${process.pid}`;
  const groups = controlGroups(controlGroup);
  const claimed = await claimCluster(locations().clusters, name, startedBy, now, {
    tier: "node",
    controlGroups: groups,
  });
  const { directory } = claimed;
  try {
    const plan = { directory: directory.path, controlGroup, ipv6: hasIpv6(), tools: parts.tools };
    await joinControlGroups(groups);
    const certificates = await makeNodeTierCertificates(now);
    await Promise.all([writeFiles(plan, certificates), setUpNetwork(parts.tools, plan.ipv6)]);
    const cluster = new NodeCluster(claimed, plan, parts, certificates, await startMachine(directory.path));
    await cluster.start();
    return cluster;
  } catch (error) {
    throw error instanceof TestbedError ? error : new TestbedError("start", String(error), { cause: error });
  }
}

/** A running node-tier cluster. Made by `startNodeCluster`; ends with its process. */
export class NodeCluster {
  /** Resolves with a description when a program ends that nobody stopped; never rejects. */
  readonly failed: Promise<string>;

  readonly #claimed: ClaimedCluster;
  readonly #plan: NodeTierPlan;
  readonly #parts: NodeTierParts;
  readonly #machine: Machine;
  readonly #components: Components;
  readonly #registry: ImageRegistry;
  readonly #credentials: ClusterCredentials;

  constructor(
    claimed: ClaimedCluster,
    plan: NodeTierPlan,
    parts: NodeTierParts,
    certificates: NodeTierCertificates,
    machine: Machine,
  ) {
    this.#claimed = claimed;
    this.#plan = plan;
    this.#parts = parts;
    this.#machine = machine;
    this.#components = new Components(plan, parts.binaries, machine);
    this.#registry = new ImageRegistry(nodeTierFiles(plan.directory).images);
    this.#credentials = { ca: certificates.ca.cert, ...certificates.clients.admin };
    this.failed = this.#components.failed;
  }

  /** Starts everything; `startNodeCluster` calls it. */
  async start(): Promise<void> {
    const components = this.#components;
    for (const image of this.#parts.images) await this.#registry.add(image);
    await this.#registry.start(REGISTRY_PORT);
    // The API server retries etcd, and containerd needs nobody.
    for (const name of ["etcd", "kube-apiserver", "containerd"] as const) await components.start(name);
    await this.#until("the API server is ready", () => isReady(API_SERVER, this.#credentials));
    await components.start("kubelet");
    for (const { collection, object } of SYSTEM_OBJECTS) {
      await this.#until(`${collection} takes our object`, () => this.#create(collection, object));
    }
    for (const name of ["kube-controller-manager", "kube-scheduler", "kube-proxy", "coredns"] as const) {
      await components.start(name);
    }
    await this.#until("a pod can be created and run", () => this.#isUsable());
    await serveControl(nodeTierFiles(this.#plan.directory).control, (request) => this.#handle(request));
    await this.#record();
  }

  async #handle(request: ControlRequest): Promise<boolean> {
    switch (request.kind) {
      case "is-ready":
        return await this.#isUsable();
      case "stop":
        await this.#components.stop(request.component);
        break;
      case "start":
        await this.#start(request.component);
        break;
      case "serve":
        await this.#registry.add(request.image);
        await dropPulledImage(this.#machine, this.#parts.binaries.ctr, request.image.reference);
        break;
    }
    await this.#record();
    return await this.#isUsable();
  }

  async #start(name: ComponentName): Promise<void> {
    await this.#components.start(name);
    if (name === "kube-apiserver") {
      await this.#until("the API server is ready", () => isReady(API_SERVER, this.#credentials));
    }
    // whoever asks it before is told that a name does not exist, or waits for seconds
    if (name === "coredns") await this.#until("the DNS is ready", dnsIsReady);
  }

  async #record(): Promise<void> {
    const files = nodeTierFiles(this.#plan.directory);
    const { etcd, "kube-apiserver": apiServer, ...others } = this.#components.processes();
    await writeRecord(this.#plan.directory, {
      ...this.#claimed.record,
      running: {
        server: API_SERVER,
        kubeconfig: files.kubeconfig,
        kubectl: this.#parts.binaries.kubectl,
        serviceAccountKey: files.serviceAccountKey,
        // One that is stopped counts as the owner: whoever waits for the end of all is not kept by it.
        etcd: etcd ?? ownIdentity(),
        apiServer: apiServer ?? ownIdentity(),
        node: {
          machine: this.#machine.init,
          control: files.control,
          tools: this.#plan.tools,
          logs: files.logs,
          processes: others,
        },
      },
    });
  }

  /** True when the object is there. A namespace of the system may come a moment after the API server is ready. */
  async #create(path: string, body: object): Promise<boolean> {
    const { status } = await askApiServer(API_SERVER, { method: "POST", path, body }, this.#credentials);
    return status === 201 || status === 409;
  }

  async #isUsable(): Promise<boolean> {
    const found = await Promise.all([this.#nodeIsReady(), this.#accountIsThere(), dnsIsReady()]).catch(() => [false]);
    return found.every((ready) => ready);
  }

  async #nodeIsReady(): Promise<boolean> {
    const { status, body } = await getFromApiServer(API_SERVER, `/api/v1/nodes/${NODE_NAME}`, this.#credentials);
    if (status !== 200) return false;
    const node = JSON.parse(body) as { status?: { conditions?: { type: string; status: string }[] } };
    return (
      node.status?.conditions?.some((condition) => condition.type === "Ready" && condition.status === "True") ?? false
    );
  }

  /** Without that account every pod would be refused. */
  async #accountIsThere(): Promise<boolean> {
    const path = "/api/v1/namespaces/default/serviceaccounts/default";
    return (await getFromApiServer(API_SERVER, path, this.#credentials)).status === 200;
  }

  async #until(what: string, isSo: () => Promise<boolean>): Promise<void> {
    const deadline = performance.now() + READY_TIMEOUT_MS;
    let failure: string | undefined;
    void this.failed.then((description) => {
      failure = description;
    });
    while (!(await isSo().catch(() => false))) {
      if (performance.now() > deadline) failure ??= `after ${READY_TIMEOUT_MS / 1_000} s it is not so that ${what}`;
      if (failure !== undefined) throw new TestbedError("start", `${failure}\n${await this.#components.logEnds()}`);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }
}

async function dnsIsReady(): Promise<boolean> {
  const answer = await fetch(`http://${NODE_IP.v4}:${DNS_READY_PORT}/ready`, { signal: AbortSignal.timeout(2_000) });
  await answer.body?.cancel();
  return answer.ok;
}

async function writeFiles(plan: NodeTierPlan, certificates: NodeTierCertificates): Promise<void> {
  const files = nodeTierFiles(plan.directory);
  const { ca, apiserver, node, clients, serviceAccount } = certificates;
  const secret = { mode: 0o600 };
  await mkdir(files.pki, { recursive: true });
  const pairs = { ca, apiserver, node, "apiserver-kubelet": clients["apiserver-kubelet"] };
  for (const [name, { cert, key }] of Object.entries(pairs)) {
    const paths = files.certificate(name);
    await writeFile(paths.cert, cert);
    await writeFile(paths.key, key, secret);
  }
  await writeFile(files.serviceAccountKey, serviceAccount.privateKey, secret);
  await writeFile(files.serviceAccountPublicKey, serviceAccount.publicKey);
  for (const [name, client] of Object.entries({ ...clients, node })) {
    await writeFile(files.clientKubeconfig(name), clientKubeconfig(API_SERVER, ca.cert, name, client), secret);
  }
  await writeFile(files.kubeconfig, clientKubeconfig(API_SERVER, ca.cert, "admin", clients.admin), secret);
  for (const [path, content] of configurationFiles(plan)) {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
  }
}
