import { expect, vi } from "vitest";
import type { JsonObject } from "../../../../src/model/json.ts";
import { apply, kubectl } from "../../kubectl.ts";
import { loadPod, loadReport } from "../../resilience/load-pod.ts";
import { TestNamespace } from "../../sidecar/app-pod.ts";
import { type Answer, calls } from "../calls.ts";
import { type NewConnections, newConnections } from "./new-connections.ts";
import {
  byNode,
  byRouter,
  HTTP,
  httpRoute,
  type ListenerOfTest,
  type MeshObjects,
  meshObjects,
  TCP,
  tcpRoute,
} from "./objects.ts";
import { type ProxyStatistics, proxyStatistics } from "./proxy-statistics.ts";
import { allowed } from "./shares.ts";
import { type Certificates, certificates, type Tls, WITH_CERTIFICATES } from "./tls.ts";

export const COLORS = ["red", "blue", "green"] as const;
export type Color = (typeof COLORS)[number];
type PerColor = Readonly<Record<Color, number>>;

/**
 * The loads, each on a virtual service of its name, over connections that are kept until the end: so many that a machine on which
 * everything waits for everything still answers as fast as is asked.
 */
export const LOADS = {
  /** Its router, `weights`, sends to the colors. */
  color: { kind: "http", port: 8080, rate: 30, connections: 10 },
  /** Provided by the node `red`. */
  direct: { kind: "http", port: 8080, rate: 10, connections: 2 },
  db: { kind: "tcp", port: 9000, rate: 10, connections: 1 },
} as const;
export type LoadName = keyof typeof LOADS;
export const LOAD_NAMES = Object.keys(LOADS) as readonly LoadName[];

/** Pods are Ready when their app listens: who is not there would fail requests of its own. */
const LISTENS = {
  ports: [{ containerPort: 8080 }, { containerPort: 8081 }],
  readinessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 },
};
const DB = {
  args: ["serve", "--tcp", "9000"],
  ports: [{ containerPort: 9000 }],
  readinessProbe: { tcpSocket: { port: 9000 }, periodSeconds: 1 },
};
/** Requests after a change from which it is told for all: Envoy's workers take other routes one after the other. */
const SETTLED = 30;
/** Requests from which a share is told. */
const SAMPLE = 300;
/** Requests from which it is told that they flow. */
const FLOWS = 50;
const PATIENCE = { timeout: 120_000, interval: 100 };

/** A mesh of three colors and a database, and the pods of one caller that send loads to them without an end. */
export class LoadedMesh {
  readonly namespace: TestNamespace;
  readonly objects: MeshObjects;
  /** Who issued the certificates that are files of all sidecars. */
  issuers: Certificates["issuers"] = { a: "", b: "" };
  #caller = "";

  constructor(name: string) {
    this.namespace = new TestNamespace(name);
    this.objects = meshObjects(name);
  }

  /** Makes it, with all of `color` going to red, and begins the loads when it answers. */
  async start(): Promise<void> {
    const { namespace, objects } = this;
    await this.end();
    await namespace.create({ mesh: namespace.name });
    const { issuers, secret } = await certificates(namespace.name, [...COLORS, "db"]);
    this.issuers = issuers;
    const annotations = WITH_CERTIFICATES;
    await apply(
      secret,
      objects.mesh("DROP_ALL"),
      ...COLORS.map((name) => objects.node(name, HTTP)),
      objects.node("db", TCP),
      objects.caller("front", LOAD_NAMES),
      this.weights({ red: 1, blue: 0, green: 0 }),
      objects.router("connections", TCP, [tcpRoute("all", { db: 1 })]),
      objects.service("color", byRouter("weights")),
      objects.service("direct", byNode("red")),
      objects.service("db", byRouter("connections")),
      ...COLORS.map((name) => objects.kubernetesService(name, 8080, name, 8081)),
      objects.kubernetesService("color", 8080),
      objects.kubernetesService("direct", 8080),
      objects.kubernetesService("db", 9000, "db"),
      ...COLORS.map((name) => namespace.pod(name, { annotations, labels: { node: name }, container: LISTENS })),
      namespace.pod("db", { annotations, labels: { node: "db" }, container: DB }),
      namespace.pod("front", { annotations, labels: { node: "front" } }),
    );
    await namespace.ready(...COLORS, "db", "front");
    await vi.waitFor(async () => {
      const answers = [await this.call("color"), await this.call("direct")];
      expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    }, PATIENCE);
    await apply(...LOAD_NAMES.map((name) => this.#loading(name)));
    await namespace.ready(...LOAD_NAMES.map(podOfLoad));
    this.#caller = (await namespace.addressesOf(podOfLoad("color"))).ipv4;
  }

  /** Takes it away; of a run that was ended there may be something left. */
  async end(): Promise<void> {
    await this.namespace.delete();
    await kubectl("delete", "meshes.appmesh.k8s.aws", this.namespace.name, "--ignore-not-found");
  }

  /** The router of `color`, with these weights. */
  weights(of: PerColor): JsonObject {
    return this.objects.router("weights", HTTP, [httpRoute("all", of)]);
  }

  /** The same TLS at all nodes, and how their caller is to call them. */
  tls({ listener, client }: Tls): readonly JsonObject[] {
    const { objects } = this;
    const own = listener !== undefined && { tls: listener };
    return [
      ...COLORS.map((name) => objects.node(name, { ...HTTP, ...own })),
      objects.node("db", { ...TCP, ...own }),
      objects.caller("front", LOAD_NAMES, client),
    ];
  }

  /** A call of a service from the pod `front`, which sends no load. */
  async call(service: LoadName, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    const [answer] = await calls(this.namespace, "front", [{ url: this.#url(service), headers }]);
    return answer ?? { status: 0, body: "" };
  }

  /** Applies an object that changes the caller's routes, and waits until the caller has them. */
  async routesChange(object: JsonObject): Promise<void> {
    const taken = async () => (await this.statistics()).routesTaken.get("rds_egress_http_8080") ?? 0;
    const before = await taken();
    await apply(object);
    await vi.waitFor(async () => expect(await taken()).toBe(before + 1), PATIENCE);
  }

  /** Holds what each color gets of the load on `color` against its share, over a sample of requests from now on. */
  async sharesAre(shares: PerColor): Promise<void> {
    const begun = this.#sent(await this.statistics());
    const before = await this.#sentSince(begun, SETTLED);
    const after = await this.#sentSince(before, SAMPLE);
    const trials = total(after) - total(before);
    for (const color of COLORS) {
      const { least, most } = allowed(trials, shares[color]);
      const got = after[color] - before[color];
      expect(got, `${color} of ${trials}: ${least} to ${most}`).toBeGreaterThanOrEqual(least);
      expect(got, `${color} of ${trials}: ${least} to ${most}`).toBeLessThanOrEqual(most);
    }
  }

  /** Applies objects after which a load goes to another cluster, that of a color's listener, and waits until it does. */
  async goesTo(
    load: LoadName,
    color: Color,
    { port, protocol }: ListenerOfTest,
    ...changed: readonly JsonObject[]
  ): Promise<void> {
    const { name } = this.namespace;
    const { ipv4 } = await this.namespace.addressesOf(podOfLoad(load));
    const cluster = `cds_egress_${name}_${color}_${name}_${protocol}_${port}`;
    const sent = async (): Promise<number> => (await this.statistics(ipv4)).sent.get(cluster) ?? 0;
    const before = await sent();
    await apply(...changed);
    await vi.waitFor(async () => expect(await sent()).toBeGreaterThan(before + FLOWS), PATIENCE);
  }

  /** Of the Envoy that the load on `color` goes through; of a pod's, where its address is given. */
  statistics(address = this.#caller): Promise<ProxyStatistics> {
    return proxyStatistics(address);
  }

  /** Begins to call a service from the pod `front`, each time on another connection. */
  newConnections(service: LoadName): NewConnections {
    return newConnections(this.namespace, "front", this.#url(service));
  }

  /** Ends a load: not one exchange may have failed, and no connection ended. */
  async nothingFailed(name: LoadName): Promise<void> {
    const report = await loadReport(this.namespace, podOfLoad(name));
    expect(report.succeeded).toBeGreaterThan(10 * LOADS[name].rate);
    const { failures, reconnects } = report;
    expect([failures, reconnects], JSON.stringify(report)).toEqual([{}, 0]);
  }

  #loading(name: LoadName): object {
    const { kind, rate, connections } = LOADS[name];
    const shape = { rate, connections };
    const options = { annotations: WITH_CERTIFICATES, labels: { node: "front" } };
    return loadPod(this.namespace, podOfLoad(name), kind, this.#url(name), shape, options);
  }

  #url(name: LoadName): string {
    const { kind, port } = LOADS[name];
    return `${kind}://${name}.${this.namespace.name}.svc.cluster.local:${port}`;
  }

  /** Waits until more than so many requests were sent since then. */
  async #sentSince(then: PerColor, requests: number): Promise<PerColor> {
    return await vi.waitFor(async () => {
      const now = this.#sent(await this.statistics());
      expect(total(now) - total(then)).toBeGreaterThan(requests);
      return now;
    }, PATIENCE);
  }

  #sent({ sent }: ProxyStatistics): PerColor {
    const { name } = this.namespace;
    const of = (color: Color): number => sent.get(`cds_egress_${name}_${color}_${name}_http_8080`) ?? 0;
    return { red: of("red"), blue: of("blue"), green: of("green") };
  }
}

/** The pod that sends a load. */
export function podOfLoad(name: LoadName): string {
  return `load-${name}`;
}

function total(counts: PerColor): number {
  return counts.red + counts.blue + counts.green;
}
