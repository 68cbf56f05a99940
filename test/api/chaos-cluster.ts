import { setTimeout as sleep } from "node:timers/promises";
import { bootstrap } from "../../src/bootstrap/bootstrap.ts";
import { bootstrapArgument } from "../../src/bootstrap/expansion.ts";
import { customResourceDefinitions } from "../../src/install/objects/custom-resource-definitions.ts";
import { member, stringOf } from "../../src/model/json.ts";
import { CONTROL_PLANE_NAMESPACE } from "../../src/model/names.ts";
import { type Cluster, startCluster } from "../../testbed/cluster.ts";
import { freePorts } from "../../testbed/process/free-port.ts";
import { eventually } from "../envoy/envoy-process.ts";
import type { ChaosEnvoys, ChaosMesh } from "../envoy/mesh/chaos/chaos-mesh.ts";
import { objectsOf } from "../envoy/mesh/chaos/objects.ts";
import { placesOf, type Which } from "../envoy/mesh/chaos/places.ts";
import { CALLERS, type Ports, type Shop, WITH_ENVOY } from "../envoy/mesh/chaos/shop.ts";
import { PLAIN_SPEC } from "../envoy/plain-spec.ts";
import { type AdsEnvoy, adsEnvoy } from "../envoy/pushes/ads-envoy.ts";
import { createMeshPod, tokenOf } from "../mesh-pods.ts";
import { sidecarWith } from "../pod-with-bootstrap.ts";
import { type ApiConnection, connectApi } from "./api-connection.ts";
import { installCrds } from "./custom-resources.ts";
import { type PlacingRelay, placingRelay } from "./placing-relay.ts";
import { Replica } from "./replica.ts";
import { createReplicaPod } from "./replica-pods.ts";
import { StoredObjects } from "./stored-objects.ts";
import { until } from "./until.ts";

/** Waits until so many listeners are listened on, with all that they wait for: the one thread of work counts each that it has taken up. */
async function isActive(envoy: AdsEnvoy, listeners: number): Promise<void> {
  const [active, warming, created] = ["total_listeners_active", "total_listeners_warming", "listener_create_success"];
  await eventually(
    () => envoy.stats("^listener_manager\\."),
    (stats) => {
      const of = (name = ""): number => stats[`listener_manager.${name}`] ?? 0;
      return of(active) === listeners && of(warming) === 0 && of(created) >= listeners;
    },
    90,
  );
}

const NODES = [...CALLERS, ...WITH_ENVOY];
/** Milliseconds by which one watch may be behind another. */
const BEHIND = 3_000;
/** And after the API server was away, as every informer tries again by itself. */
const BACK = 10_000;

/** The mesh as objects of a real API server, two replicas of the control plane as processes, and Envoys as those of pods. */
export class ChaosCluster implements ChaosMesh {
  readonly behind = BEHIND;
  readonly #cluster: Cluster;
  readonly #api: ApiConnection;
  readonly #ports: Ports;
  readonly #stored: StoredObjects;
  readonly #replicas: Replica[] = [];
  readonly #all: AdsEnvoy[] = [];
  #relay: PlacingRelay | undefined;
  #envoys: ChaosEnvoys["envoys"] = new Map();
  #interrupting: Promise<void> = Promise.resolve();
  #interruptions = 0;
  /** Since when nothing is away any more. */
  #steady = 0;

  private constructor(cluster: Cluster, ports: Ports) {
    const { server, kubeconfig, credentials, binaries } = cluster;
    this.#cluster = cluster;
    this.#ports = ports;
    this.#api = connectApi({ server, kubeconfig, kubectl: binaries.kubectl, ...credentials });
    // whoever has the numbers of an edit is to have all of it
    this.#stored = new StoredObjects(this.#api, (path) => path.endsWith("/marker"));
  }

  static async of(shop: Shop, ports: Ports): Promise<ChaosCluster> {
    const made = new ChaosCluster(await startCluster(), ports);
    try {
      await made.#start(shop);
      return made;
    } catch (error) {
      await made.stop();
      throw error;
    }
  }

  get envoys(): ChaosEnvoys["envoys"] {
    return this.#envoys;
  }

  async #start(shop: Shop): Promise<void> {
    await installCrds(this.#api, customResourceDefinitions());
    await this.#namespace("shop", "default");
    await this.#namespace(CONTROL_PLANE_NAMESPACE, "outrigger-control-plane");
    await this.#stored.become(objectsOf(shop));
    for (const name of ["replica-a", "replica-b"]) {
      await createReplicaPod(this.#api, name);
      const replica = await Replica.of(name, this.#cluster.kubeconfig);
      this.#replicas.push(replica);
      await replica.start();
    }
    this.#relay = await placingRelay(await this.#trust(), `outrigger.${CONTROL_PLANE_NAMESPACE}.svc`);
    this.#leadToAll();
    this.#envoys = await this.#comeUp("first");
  }

  async #namespace(name: string, account: string): Promise<void> {
    const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name } };
    await this.#api.apply(`/api/v1/namespaces/${name}`, namespace);
    const serviceAccount = { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: account } };
    await this.#api.create(`/api/v1/namespaces/${name}/serviceaccounts`, serviceAccount);
  }

  /** The root by which proxies know the replicas. */
  async #trust(): Promise<string> {
    const path = `/api/v1/namespaces/${CONTROL_PLANE_NAMESPACE}/configmaps/outrigger-trust`;
    let found = "";
    await until(async () => {
      const { body } = await this.#api.send("GET", path);
      found = stringOf(member(body["data"], "trust.pem")) ?? "";
      return found === "" ? "no trust is published" : undefined;
    });
    return found;
  }

  #leadToAll(): void {
    this.#relay?.leadTo(this.#replicas.map(({ port }) => port));
  }

  async #comeUp(which: Which): Promise<ChaosEnvoys["envoys"]> {
    const admin = await freePorts(NODES.length);
    const found = NODES.map(async (node, index): Promise<readonly [string, AdsEnvoy]> => {
      const spec = { ...PLAIN_SPEC, node: { ...PLAIN_SPEC.node, name: `${node}_shop` } };
      const sidecar = sidecarWith(bootstrapArgument(bootstrap(spec)));
      const pod = await createMeshPod(this.#api, "shop", `${node}-${which}`, { labels: { node } }, [sidecar]);
      const token = await tokenOf(this.#api, pod);
      const { lookup: _, ...places } = placesOf(this.#ports, which);
      this.#relay?.know(token, node, places);
      const { port = 0, trust = "" } = this.#relay ?? {};
      const id = `mesh/shop/virtualNode/${node}_shop`;
      const envoy = await adsEnvoy({ protocol: "delta", port, trust, token, id, adminPort: admin[index] });
      this.#all.push(envoy);
      await isActive(envoy, node === "door" ? 3 : 1);
      return [node, envoy];
    });
    return new Map(await Promise.all(found));
  }

  async change(next: Shop): Promise<void> {
    for (;;) {
      try {
        await this.#stored.become(objectsOf(next));
        return;
      } catch (error) {
        // the API server is away
        if (this.isSteady()) throw error;
        await sleep(200);
      }
    }
  }

  /** One after the other, each while edits go on. */
  async interrupt(): Promise<void> {
    await this.#interrupting;
    const [first, second] = this.#replicas;
    const turn = this.#interruptions++ % 3;
    this.#interrupting = this.#away(turn === 0 ? first : turn === 1 ? "the API server" : second);
  }

  /** With whatever was killed. */
  hasBegunAgain(): boolean {
    return this.#interruptions > 0;
  }

  async #away(what: Replica | "the API server" | undefined): Promise<void> {
    if (what === "the API server") {
      this.#steady = Number.POSITIVE_INFINITY;
      await this.#cluster.restartApiServer();
      this.#steady = performance.now() + BACK;
    } else if (what !== undefined) {
      this.#relay?.leadTo(this.#replicas.flatMap((each) => (each === what ? [] : [each.port])));
      await what.kill();
      await what.start();
      this.#leadToAll();
    }
  }

  isSteady(): boolean {
    return this.#steady <= performance.now();
  }

  /** Nobody changes it here. */
  hasTls(): boolean {
    return true;
  }

  rejections(): readonly string[] {
    return this.#relay?.rejections ?? [];
  }

  async another(): Promise<ChaosEnvoys> {
    await this.#interrupting;
    return { envoys: await this.#comeUp("second"), stop: async () => undefined };
  }

  async stop(): Promise<void> {
    await this.#interrupting.catch(() => undefined);
    for (const envoy of this.#all) await envoy.stop();
    this.#relay?.stop();
    for (const replica of this.#replicas) await replica.kill();
    await this.#api.close();
    await this.#cluster.stop();
  }
}
