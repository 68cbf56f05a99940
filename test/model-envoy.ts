import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { AnySchema } from "@bufbuild/protobuf/wkt";
import {
  DeltaDiscoveryRequestSchema,
  DeltaDiscoveryResponseSchema,
  DiscoveryRequestSchema,
  DiscoveryResponseSchema,
} from "../src/xds/generated/envoy/service/discovery/v3/discovery_pb.js";
import type { AdsVariant } from "../src/xds/serve/ads-stream.ts";
import type { EncodedResource } from "../src/xds/serve/resource.ts";
import { TYPES, type TypeUrl } from "../src/xds/types.ts";

/*
 * A model of Envoy 1.40 as a client of ADS: clusters warm until their endpoints come after them, and while one warms the
 * acknowledgements of all are withheld; listeners warm until they have their routes and secrets. What it does not have: traffic.
 */

/** What stands in a resource of the model. */
export interface ModelResource {
  readonly type: TypeUrl;
  readonly name: string;
  readonly version: string;
  /** How a cluster warms. */
  readonly warms?: "by-endpoints" | "slowly" | "at-once";
  /** Clusters of routes; routes and secrets of listeners. */
  readonly points: readonly string[];
  /** It is rejected. */
  readonly isBad?: boolean;
}

/** The resource as the server has it: what it points at can be found in its bytes as in protobuf's. */
export function modelled(resource: ModelResource): EncodedResource {
  const { type, name, version } = resource;
  const pointers = resource.points.map((each) => Buffer.concat([Buffer.from([each.length]), Buffer.from(each)]));
  const value = Buffer.concat([Buffer.from(`${JSON.stringify(resource)}\0`), ...pointers]);
  const any = toBinary(AnySchema, create(AnySchema, { typeUrl: type, value }));
  const isSlow = resource.warms !== "by-endpoints";
  const cluster = { endpoints: isSlow ? undefined : name, isSlow };
  return { type, name, version, any, origins: [], ...(type === TYPES.cluster && { cluster }) };
}

interface Cluster {
  active: ModelResource | undefined;
  warming: ModelResource | undefined;
}

interface Listener {
  active: ModelResource | undefined;
  warming: ModelResource | undefined;
}

/** One response, as the client reads it. */
interface Response {
  readonly type: TypeUrl;
  readonly nonce: string;
  readonly resources: readonly ModelResource[];
  readonly removed: readonly string[];
}

export class ModelEnvoy {
  readonly clusters = new Map<string, Cluster>();
  readonly listeners = new Map<string, Listener>();
  /** Routes, secrets and endpoints by type and name. */
  readonly others = new Map<string, ModelResource>();
  readonly #protocol: AdsVariant;
  /** Requests that are on their way. */
  outbox: Uint8Array[] = [];
  #withheld: { nonce: string; problem: string | undefined }[] = [];
  #nonces = new Map<TypeUrl, string>();
  #subscribed = new Map<TypeUrl, Set<string>>();
  #begun = new Set<TypeUrl>();
  /** Names of clusters whose endpoints are asked for only later: while it starts. */
  #unwatched = new Set<string>();
  #phase: "starting" | "running" = "starting";

  constructor(protocol: AdsVariant) {
    this.#protocol = protocol;
  }

  /** A stream begins: everything that is subscribed to is asked for. */
  connect(): void {
    this.outbox = [];
    this.#withheld = [];
    this.#nonces.clear();
    const before = [...this.#begun];
    this.#begun.clear();
    this.#request(TYPES.cluster);
    for (const type of before) if (type !== TYPES.cluster) this.#request(type);
  }

  /** It starts: the clusters that wait get their watches, and once all are warm the listeners are asked for. */
  goOn(): void {
    const waiting = [...this.#unwatched];
    this.#unwatched.clear();
    if (waiting.length > 0) this.#watchEndpoints();
    this.#settle();
  }

  /** What warms slowly is warm. */
  finishSlow(): void {
    for (const cluster of this.clusters.values()) {
      if (cluster.warming?.warms === "slowly") this.#activate(cluster);
    }
    this.#settle();
  }

  /** Endpoints that were waited for in vain. */
  stuck(): string[] {
    return [...this.clusters].filter(([, { warming }]) => warming?.warms === "by-endpoints").map(([name]) => name);
  }

  /** Clusters that traffic is sent to and that cannot take it. */
  holes(): { cluster: string; route: string }[] {
    const found: { cluster: string; route: string }[] = [];
    for (const { active } of this.listeners.values()) {
      for (const route of active?.points ?? []) {
        for (const cluster of this.others.get(`${TYPES.route} ${route}`)?.points ?? []) {
          if (this.clusters.get(cluster)?.active === undefined) found.push({ cluster, route });
        }
      }
    }
    return found;
  }

  /** What it uses, by type and name. */
  has(): Readonly<Record<string, string>> {
    const versions: Record<string, string> = {};
    for (const [name, { active }] of this.clusters) if (active) versions[`cluster ${name}`] = active.version;
    for (const [name, { active }] of this.listeners) if (active) versions[`listener ${name}`] = active.version;
    for (const [key, { version, name }] of this.others) {
      if (key.startsWith(TYPES.route) && this.#wantsRoute(name)) versions[`route ${name}`] = version;
    }
    return versions;
  }

  receive(bytes: Uint8Array): Response {
    const response = this.#read(bytes);
    const { nonce, type } = response;
    this.#nonces.set(type, nonce);
    const bad = response.resources.filter(({ isBad, type: of, name }) => isBad === true && this.#isWatched(of, name));
    for (const resource of response.resources) if (resource.isBad !== true) this.#apply(resource);
    for (const name of this.#removedBy(response)) this.#remove(type, name);
    const problem = bad.length === 0 ? undefined : problemOf(type, bad);
    if (type === TYPES.cluster) {
      this.#withheld.push({ nonce, problem });
      if (this.#phase === "running") this.#watchEndpoints();
    } else this.#answer(type, nonce, problem);
    if (type === TYPES.listener) this.#watchOfListeners();
    this.#settle();
    return response;
  }

  #apply(resource: ModelResource): void {
    const { name, type, version } = resource;
    if (type === TYPES.cluster) {
      const cluster = this.clusters.get(name) ?? { active: undefined, warming: undefined };
      this.clusters.set(name, cluster);
      if ((cluster.warming ?? cluster.active)?.version === version) return;
      cluster.warming = resource;
      if (this.#phase === "starting" && this.#subscribed.get(TYPES.endpoints)?.has(name) !== true)
        this.#unwatched.add(name);
      if (resource.warms === "at-once") this.#activate(cluster);
    } else if (type === TYPES.listener) {
      const listener = this.listeners.get(name) ?? { active: undefined, warming: undefined };
      this.listeners.set(name, listener);
      if ((listener.warming ?? listener.active)?.version !== version) listener.warming = resource;
    } else if (this.#isWatched(type, name)) {
      this.others.set(`${type} ${name}`, resource);
      if (type === TYPES.endpoints) this.#endpointsCame(name);
    }
  }

  #isWatched(type: TypeUrl, name: string): boolean {
    if (type === TYPES.cluster || type === TYPES.listener) return true;
    return this.#subscribed.get(type)?.has(name) === true && !(type === TYPES.endpoints && this.#unwatched.has(name));
  }

  #endpointsCame(name: string): void {
    const cluster = this.clusters.get(name);
    if (cluster?.warming?.warms === "by-endpoints") this.#activate(cluster);
  }

  #activate(cluster: Cluster): void {
    cluster.active = cluster.warming;
    cluster.warming = undefined;
  }

  #removedBy({ removed, resources, type }: Response): string[] {
    if (this.#protocol === "delta") return [...removed];
    const held = type === TYPES.cluster ? this.clusters : type === TYPES.listener ? this.listeners : new Map();
    const named = new Set(resources.map(({ name }) => name));
    return [...held.keys()].filter((name: string) => !named.has(name)) as string[];
  }

  #remove(type: TypeUrl, name: string): void {
    if (type === TYPES.cluster) {
      this.clusters.delete(name);
      this.#unwatched.delete(name);
    } else if (type === TYPES.listener) this.listeners.delete(name);
    else if (type === TYPES.endpoints) this.#endpointsCame(name);
  }

  /** Whatever can become active does, and what was withheld is said. */
  #settle(): void {
    for (const listener of this.listeners.values()) {
      const { warming } = listener;
      if (
        warming?.points.every(
          (name) => this.others.has(`${TYPES.route} ${name}`) || this.others.has(`${TYPES.secret} ${name}`),
        ) !== true
      )
        continue;
      listener.active = warming;
      listener.warming = undefined;
      this.#watchOfListeners();
    }
    const isWarming = [...this.clusters.values()].some(({ warming }) => warming !== undefined);
    if (this.#phase === "running" && isWarming) return;
    const withheld = this.#protocol === "delta" ? this.#withheld : this.#withheld.slice(-1);
    this.#withheld = [];
    for (const { nonce, problem } of withheld) this.#answer(TYPES.cluster, nonce, problem);
    if (this.#phase === "starting" && !isWarming && this.#unwatched.size === 0 && this.#nonces.has(TYPES.cluster)) {
      this.#phase = "running";
      if (!this.#begun.has(TYPES.listener)) this.#request(TYPES.listener);
    }
  }

  #watchEndpoints(): void {
    const names = [...this.clusters].flatMap(([name, { active, warming }]) =>
      [active, warming].some((each) => each?.warms === "by-endpoints") ? [name] : [],
    );
    this.#watch(TYPES.endpoints, names);
  }

  #watchOfListeners(): void {
    const points = [...this.listeners.values()].flatMap(({ active, warming }) => [
      ...(active?.points ?? []),
      ...(warming?.points ?? []),
    ]);
    this.#watch(
      TYPES.route,
      points.filter((name) => name.startsWith("r")),
    );
    this.#watch(
      TYPES.secret,
      points.filter((name) => name.startsWith("s")),
    );
  }

  #wantsRoute(name: string): boolean {
    return this.#subscribed.get(TYPES.route)?.has(name) === true;
  }

  #watch(type: TypeUrl, names: readonly string[]): void {
    const before = this.#subscribed.get(type) ?? new Set<string>();
    const now = new Set(names);
    this.#subscribed.set(type, now);
    const added = [...now].filter((name) => !before.has(name));
    const dropped = [...before].filter((name) => !now.has(name));
    for (const name of dropped) this.others.delete(`${type} ${name}`);
    if (added.length === 0 && dropped.length === 0) return;
    this.#request(type, added, dropped);
  }

  #answer(type: TypeUrl, nonce: string, problem: string | undefined): void {
    if (this.#protocol === "sotw") this.#sotw(type, nonce, problem);
    else
      this.#delta(type, {
        responseNonce: nonce,
        ...(problem !== undefined && { errorDetail: { code: 13, message: problem } }),
      });
  }

  #request(type: TypeUrl, added: readonly string[] = [], dropped: readonly string[] = []): void {
    if (this.#protocol === "sotw") {
      this.#sotw(type, this.#nonces.get(type) ?? "", undefined);
      this.#begun.add(type);
      return;
    }
    const isFirst = !this.#begun.has(type);
    this.#begun.add(type);
    const named = [...(this.#subscribed.get(type) ?? [])];
    this.#delta(type, {
      resourceNamesSubscribe: isFirst ? named : [...added],
      resourceNamesUnsubscribe: isFirst ? [] : [...dropped],
      ...(isFirst && { initialResourceVersions: this.#versions(type) }),
    });
  }

  #versions(type: TypeUrl): Record<string, string> {
    const versions: Record<string, string> = {};
    const held = type === TYPES.cluster ? this.clusters : this.listeners;
    if (type === TYPES.cluster || type === TYPES.listener) {
      for (const [name, { active, warming }] of held) versions[name] = (warming ?? active)?.version ?? "";
    } else {
      for (const [key, { name, version }] of this.others) if (key.startsWith(type)) versions[name] = version;
    }
    return versions;
  }

  #delta(typeUrl: TypeUrl, request: object): void {
    this.outbox.push(
      toBinary(DeltaDiscoveryRequestSchema, create(DeltaDiscoveryRequestSchema, { typeUrl, ...request })),
    );
  }

  #sotw(typeUrl: TypeUrl, responseNonce: string, problem: string | undefined): void {
    const resourceNames = [...(this.#subscribed.get(typeUrl) ?? [])];
    const errorDetail = problem === undefined ? {} : { errorDetail: { code: 13, message: problem } };
    const request = create(DiscoveryRequestSchema, { typeUrl, resourceNames, responseNonce, ...errorDetail });
    this.outbox.push(toBinary(DiscoveryRequestSchema, request));
  }

  #read(bytes: Uint8Array): Response {
    if (this.#protocol === "delta") {
      const { nonce, removedResources, resources, typeUrl } = fromBinary(DeltaDiscoveryResponseSchema, bytes);
      const values = resources.map(({ resource }) => parsed(resource?.value));
      return { type: typeUrl as TypeUrl, nonce, resources: values, removed: removedResources };
    }
    const { nonce, resources, typeUrl } = fromBinary(DiscoveryResponseSchema, bytes);
    return { type: typeUrl as TypeUrl, nonce, resources: resources.map(({ value }) => parsed(value)), removed: [] };
  }
}

function parsed(value: Uint8Array | undefined): ModelResource {
  return JSON.parse(
    Buffer.from(value ?? [])
      .toString()
      .split("\0")[0] ?? "",
  ) as ModelResource;
}

/** In Envoy's words: clusters and listeners by name, of others it does not say which. */
function problemOf(type: TypeUrl, bad: readonly ModelResource[]): string {
  const all = bad.map(({ name }) => `${name}: it is bad`);
  if (type === TYPES.cluster) return `Error adding/updating cluster(s) ${all.join(", ")}`;
  if (type === TYPES.listener) return `Error adding/updating listener(s) ${all.join("\n")}\n`;
  return "it is bad";
}
