import type { Acknowledged } from "../src/control-plane/proxies/step-holding.ts";
import { TlsChanges } from "../src/control-plane/proxies/tls-changes.ts";
import type { HeldByOthers } from "../src/control-plane/proxies/tls-of-replicas.ts";
import { MeshGraph } from "../src/graph/graph.ts";
import { serverTls } from "../src/graph/tls.ts";
import type { NamedTls } from "../src/graph/tls-steps.ts";
import type { CertificateView, ClientTlsView, ServerTlsView, TrustView } from "../src/graph/tls-view.ts";
import type { ListenerView, MeshView, NodeView } from "../src/graph/view.ts";
import type { JsonObject } from "../src/model/json.ts";
import type { MeshChange } from "../src/model/mesh-change.ts";
import type { MeshObject } from "../src/model/mesh-object.ts";
import {
  aMeshObject,
  aNamespace,
  aVirtualNode,
  gone,
  meshObject,
  put,
  putNamespace,
  referenceTo,
} from "./mesh-objects.ts";

/*
 * A mesh in memory whose node `back` is called by `front`, `other` and the gateway `door`, by one service or more, with proxies that take what
 * they get when a test says so, and the rules by which both sides of a connection understand each other.
 */

/** How the node listens, and how everybody calls it. */
interface Way {
  /** Where the node listens; where nothing is said, at {@link PORT}. */
  readonly port?: number;
  readonly listener: JsonObject | undefined;
  readonly policy: JsonObject | undefined;
}

const certificate = (name: string): JsonObject => ({
  file: { certificateChain: `/c/${name}.crt`, privateKey: `/c/${name}.key` },
});
const trust = (name: string): JsonObject => ({ file: { certificateChain: `/c/${name}.pem` } });
const trusting = (name: string): JsonObject => ({ validation: { trust: trust(name) } });
const tls = (mode: string, name: string, more: JsonObject = {}): JsonObject => ({
  mode,
  certificate: certificate(name),
  ...more,
});

/** Each of them works by itself. What a file of certificates is signed by is the letter of its name. */
export const WAYS = {
  plain: { listener: undefined, policy: undefined },
  off: { listener: tls("DISABLED", "a"), policy: undefined },
  soft: { listener: undefined, policy: { enforce: false, certificate: certificate("a"), ...trusting("a") } },
  permissive: { listener: tls("PERMISSIVE", "a"), policy: undefined },
  checked: { listener: tls("PERMISSIVE", "a"), policy: trusting("a") },
  strict: { listener: tls("STRICT", "a"), policy: trusting("a") },
  unchecked: { listener: tls("STRICT", "a"), policy: undefined },
  other: { listener: tls("STRICT", "b"), policy: trusting("b") },
  mutual: { listener: tls("STRICT", "a", trusting("a")), policy: { certificate: certificate("a"), ...trusting("a") } },
  crossed: { listener: tls("STRICT", "a", trusting("b")), policy: { certificate: certificate("b"), ...trusting("a") } },
  named: {
    listener: tls("STRICT", "a", {
      validation: { trust: trust("a"), subjectAlternativeNames: { match: { exact: ["a.shop"] } } },
    }),
    policy: { certificate: certificate("a"), ...trusting("a") },
  },
  renewed: { listener: tls("STRICT", "b", trusting("b")), policy: { certificate: certificate("b"), ...trusting("b") } },
  moved: { port: 9443, listener: tls("STRICT", "a"), policy: trusting("a") },
  "moved, plain": { port: 9443, listener: undefined, policy: undefined },
  "moved, permissive": { port: 9444, listener: tls("PERMISSIVE", "a"), policy: undefined },
  "moved, renewed": {
    port: 9444,
    listener: tls("STRICT", "b", trusting("b")),
    policy: { certificate: certificate("b"), ...trusting("b") },
  },
} as const satisfies Readonly<Record<string, Way>>;
export type WayName = keyof typeof WAYS;
export const WAY_NAMES = Object.keys(WAYS) as readonly WayName[];

export const BACK = "VirtualNode/shop/back";
export const CALLERS = ["VirtualNode/shop/front", "VirtualNode/shop/other", "VirtualGateway/shop/door"] as const;
const PORT = 8080;

/** Objects of the mesh, in the order in which they are applied. */
export type Part = "back" | "front" | "other" | "door";
export const PARTS: readonly Part[] = ["back", "front", "other", "door"];

/** Those who call, and by which services: `another` leads elsewhere, and is called by all. */
export type Caller = Exclude<Part, "back">;
export const SERVICES = ["back", "more"] as const;
export type Called = readonly (typeof SERVICES)[number][];

function part(name: Part, { port = PORT, listener, policy }: Way, called: Called): MeshChange {
  // what they call elsewhere stays as it is
  const clientPolicy = policy && { clientPolicy: { tls: { ...policy, ports: [port] } } };
  switch (name) {
    case "back":
      return put(
        aVirtualNode("shop/back", [], {
          listeners: [{ portMapping: { port, protocol: "http" }, ...(listener && { tls: listener }) }],
        }),
      );
    case "front":
      return put(
        aVirtualNode("shop/front", [], {
          backends: ["another", ...called].map((service) => ({
            virtualService: { virtualServiceRef: referenceTo(service), ...clientPolicy },
          })),
        }),
      );
    case "other":
      return put(
        aVirtualNode("shop/other", [], {
          backends: ["another", ...called].map((service) => ({
            virtualService: { virtualServiceRef: referenceTo(service) },
          })),
          ...(clientPolicy && { backendDefaults: clientPolicy }),
        }),
      );
    case "door":
      return put(
        meshObject("VirtualGateway", "shop/door", {
          namespaceSelector: { matchLabels: { mesh: "main" } },
          podSelector: { matchLabels: { app: "door" } },
          listeners: [{ portMapping: { port: 8088, protocol: "http" } }],
          ...(clientPolicy && { backendDefaults: clientPolicy }),
        }),
      );
  }
}

/** What the gateway takes for a service. */
function gatewayRoute(service: string): MeshObject {
  const target = { virtualService: { virtualServiceRef: referenceTo(service) } };
  return meshObject("GatewayRoute", `shop/${service}`, {
    httpRoute: { match: { prefix: `/${service}` }, action: { target } },
  });
}

function service(name: string, node: string): MeshChange {
  const provider = { virtualNode: { virtualNodeRef: referenceTo(node) } };
  return put(meshObject("VirtualService", `shop/${name}`, { awsName: `${name}.shop`, provider }));
}

function anotherNode(port: number): MeshChange {
  return put(aVirtualNode("shop/another", [], { listeners: [{ portMapping: { port, protocol: "http" } }] }));
}

/** Views that a proxy may be using: the one that it has taken, and the one that it was sent since. */
interface Proxy {
  readonly key: string;
  taken: MeshView | undefined;
  sent: MeshView | undefined;
  /** When it was sent something first that it has not taken. */
  since: number;
}

export class TlsMesh {
  readonly #graph = new MeshGraph({
    mesh: "serve",
    accountId: "",
    clusterDomain: "cluster.local",
    discovery: "dns",
  });
  readonly #dirty = new Set<string>();
  #looks: { readonly at: number; readonly look: () => void }[] = [];
  #now = 0;
  #proxies: readonly Proxy[] = [];
  readonly changes: TlsChanges;
  /** What other replicas say; by default there is none. */
  others: HeldByOthers = () => true;
  late = 0;
  unheard = 0;

  readonly #ways = new Map<Part, WayName>();
  readonly #called = new Map<Part, Called>();

  /** `begins`: how it is; the keys of `proxies` are views, each of which may have several; `called`: by everybody. */
  constructor(
    begins: WayName,
    proxies: readonly string[] = [BACK, BACK, ...CALLERS, ...CALLERS],
    called: Called = ["back"],
  ) {
    for (const name of PARTS) {
      this.#ways.set(name, begins);
      this.#called.set(name, called);
    }
    this.changes = new TlsChanges({
      changed: (view) => void this.#dirty.add(view),
      acknowledging: () => this.#acknowledged,
      others: () => this.others,
      said: () => undefined,
      written: (key) => this.#graph.view(refOf(key)),
      isUpToDate: () => this.#graph.hasAllViews,
      late: () => void this.late++,
      unheard: () => void this.unheard++,
      log: { info: () => undefined, warn: () => undefined } as never,
      now: () => this.#now,
      later: (milliseconds, look) => void this.#looks.push({ at: this.#now + milliseconds, look }),
    });
    this.#take([
      put(aMeshObject("main")),
      putNamespace(aNamespace("shop")),
      anotherNode(1),
      service("another", "another"),
      ...SERVICES.map((name) => service(name, "back")),
      ...["another", ...called].map((name) => put(gatewayRoute(name))),
      ...PARTS.map((name) => part(name, WAYS[begins], called)),
    ]);
    this.#proxies = proxies.map((key) => ({ key, taken: this.#view(key), sent: undefined, since: 0 }));
  }

  readonly #acknowledged: Acknowledged = (view) => {
    const found = this.#proxies.filter(({ key }) => key === view);
    if (found.length === 0) return "nobody";
    return found.every(({ sent }) => sent === undefined) ? "all" : "some";
  };

  /** All of its proxies come to another control plane of the same mesh, which sends them what is in effect there. */
  moveTo(other: TlsMesh): void {
    // of one that has not said whether it took what it was sent, nobody knows which of both it has
    const moved = this.#proxies.flatMap(({ key, taken, sent }) =>
      [taken, sent]
        .filter((view) => view !== undefined)
        .map((view) => ({ key, taken: view, sent: undefined, since: 0 })),
    );
    other.#proxies = [...other.#proxies, ...moved];
    this.#proxies = [];
    for (const { key } of other.#proxies) other.#dirty.add(key);
    other.#send();
  }

  /** One object becomes what it is in a way. */
  apply(name: Part, way: WayName): void {
    this.#ways.set(name, way);
    this.#put(name);
  }

  /** All objects become what they are in a way before any of it is looked at; views are made again in their order. */
  applyTogether(names: readonly Part[], way: WayName): void {
    for (const name of names) this.#ways.set(name, way);
    this.#take(names.map((name) => part(name, WAYS[way], this.#called.get(name) ?? [])));
  }

  /** A caller calls the node by other services. */
  call(name: Caller, called: Called): void {
    const before = this.#called.get(name) ?? [];
    this.#called.set(name, called);
    if (name !== "door") {
      this.#put(name);
      return;
    }
    const over = before.filter((each) => !called.includes(each));
    const come = called.filter((each) => !before.includes(each));
    this.#take([
      ...over.map((each) => gone({ kind: "GatewayRoute", namespace: "shop", name: each })),
      ...come.map((each) => put(gatewayRoute(each))),
    ]);
  }

  /** By which services each caller calls the node. */
  get called(): ReadonlyMap<Part, Called> {
    return this.#called;
  }

  #put(name: Part): void {
    this.#take([part(name, WAYS[this.#ways.get(name) ?? "plain"], this.#called.get(name) ?? [])]);
  }

  /** A node that has nothing to do with these gets a listener on another port. */
  applyAnother(port: number): void {
    this.#take([anotherNode(port)]);
  }

  /** The node goes. */
  remove(): void {
    this.#take([gone({ kind: "VirtualNode", namespace: "shop", name: "back" })]);
  }

  #take(changes: readonly MeshChange[]): void {
    this.#graph.take(changes);
    for (let next = this.#graph.renewNextView(); next !== undefined; next = this.#graph.renewNextView()) {
      for (const ref of next) {
        const key = `${ref.kind}/${ref.namespace}/${ref.name}`;
        this.changes.take(key, this.#graph.view(ref));
        this.#dirty.add(key);
      }
    }
    this.#send();
  }

  #send(): void {
    for (const proxy of this.#proxies) {
      if (!this.#dirty.has(proxy.key)) continue;
      if (proxy.sent === undefined) proxy.since = this.#now;
      proxy.sent = this.#view(proxy.key);
    }
    this.#dirty.clear();
  }

  #view(key: string): MeshView | undefined {
    return this.changes.inEffect(key, this.#graph.view(refOf(key)));
  }

  /** A proxy takes what it was sent. */
  acknowledge(index: number): void {
    const proxy = this.#proxies[index];
    if (proxy?.sent === undefined) return;
    proxy.taken = proxy.sent;
    proxy.sent = undefined;
  }

  acknowledgeAll(): void {
    for (const index of this.#proxies.keys()) this.acknowledge(index);
  }

  /** For how long some proxy has not taken what it was sent, in milliseconds. */
  get lateFor(): number {
    return Math.max(0, ...this.#proxies.filter(({ sent }) => sent !== undefined).map(({ since }) => this.#now - since));
  }

  /** Time passes, in steps in which nothing else happens. */
  wait(milliseconds: number): void {
    const end = this.#now + milliseconds;
    for (;;) {
      const due = this.#looks.toSorted((one, other) => one.at - other.at).find(({ at }) => at <= end);
      if (due === undefined) break;
      this.#looks = this.#looks.filter((each) => each !== due);
      this.#now = Math.max(this.#now, due.at);
      due.look();
      this.#send();
    }
    this.#now = end;
  }

  /** What each proxy of the node may take now. */
  servers(): readonly Server[] {
    return this.#usedBy([BACK]).flatMap((view) => (view.kind === "virtualNode" ? [view.listeners] : []));
  }

  /** How proxies may call it now. */
  calls(): readonly Call[] {
    return this.#usedBy(CALLERS).flatMap(callsOf);
  }

  #usedBy(keys: readonly string[]): readonly MeshView[] {
    return this.#proxies
      .filter(({ key }) => keys.includes(key))
      .flatMap(({ taken, sent }) => [taken, sent])
      .filter((view) => view !== undefined);
  }

  /** What is in effect at the node, and how one caller calls it. */
  listener(): ListenerView | undefined {
    return (this.#view(BACK) as NodeView | undefined)?.listeners[0];
  }

  wayOf(caller: (typeof CALLERS)[number]): ClientTlsView | undefined {
    const view = this.#view(caller);
    return view && callsOf(view)[0]?.tls;
  }

  /** Where it is called. */
  portOf(caller: (typeof CALLERS)[number]): number | undefined {
    const view = this.#view(caller);
    return view && callsOf(view)[0]?.port;
  }
}

/** The listeners of a proxy. */
export type Server = readonly ListenerView[];

/** How and where a proxy calls. */
export interface Call {
  readonly port: number;
  readonly tls: ClientTlsView | undefined;
}

function callsOf({ targets }: MeshView): readonly Call[] {
  const back = targets.filter(({ object }) => object.name === "back");
  return back.flatMap(({ listeners }) =>
    listeners.flatMap((listener) =>
      listener.connections.map(({ tls: way }) => ({ port: listener.formerPort ?? listener.port, tls: way })),
    ),
  );
}

function refOf(key: string) {
  const [kind, namespace = "", name = ""] = key.split("/");
  return { kind: kind as "VirtualNode", namespace, name };
}

/** Whether a call gets through. What comes in for a port that is no listener is passed to the app as it is. */
export function getsThrough({ port, tls: way }: Call, server: Server): boolean {
  const listener = server.find((each) => each.port === port);
  return listener === undefined ? way === undefined : understand(way, listener);
}

/** Whether a listener takes a connection. */
export function understand(call: ClientTlsView | undefined, listener: Pick<ListenerView, "tls" | "namedTls">): boolean {
  const named = listener.namedTls.find(({ serverName }: NamedTls) => serverName === call?.serverName);
  const server = serverTls(named === undefined ? listener.tls : named.tls);
  if (call === undefined) return server === undefined || server.mode === "PERMISSIVE";
  return server !== undefined && trustEachOther(call, server);
}

function trustEachOther(call: ClientTlsView, server: ServerTlsView): boolean {
  if (call.validation !== undefined && !trusts(call.validation.trust, server.certificate)) return false;
  return server.validation === undefined || trusts(server.validation.trust, call.certificate);
}

function trusts(of: TrustView, shown: CertificateView | undefined): boolean {
  if (of.kind !== "file" || shown?.kind !== "file") return false;
  return of.certificateChain.replace(".pem", ".crt") === shown.certificateChain;
}
