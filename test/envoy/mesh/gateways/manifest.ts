import {
  appMeshObject,
  documents,
  listening,
  routedService,
  SHOP,
  serviceOfNode,
  toNode,
} from "../../../shop-manifest.ts";

/** Ports of loopback: of the listeners of the gateways `door` and `front-door`, and of the apps behind them. */
export interface Ports {
  /** Listeners of `door`: of HTTP for everybody, of HTTP for one connection at a time, of HTTP/2 and of gRPC. */
  readonly main: number;
  readonly limited: number;
  readonly http2: number;
  readonly grpc: number;
  /** Listener of `front-door`, which takes addresses from connections. */
  readonly edge: number;
  readonly apps: Readonly<Record<App, number>>;
}

/** Nodes, each an app of its own. The two last ones speak HTTP/2, and call gRPC. */
export const APPS = ["red", "blue", "green", "white", "yellow", "slow", "calls"] as const;
export type App = (typeof APPS)[number];

/** Of a request to the node `slow`, in milliseconds. */
export const TIMEOUT = 300;

/** A mesh whose gateways have every kind of route. */
export function gatewayManifest(ports: Ports, moved: App = "red"): string {
  const listener = (port: number, protocol: string, rest = "") =>
    `{ portMapping: { port: ${port}, protocol: ${protocol} }${rest} }`;
  return documents(
    SHOP,
    BANK,
    appMeshObject("VirtualGateway", "door", [
      `namespaceSelector: {}`,
      `gatewayRouteSelector: { matchLabels: { door: main } }`,
      `listeners:`,
      `  - ${listener(ports.main, "http")}`,
      `  - ${listener(ports.limited, "http", ", connectionPool: { http: { maxConnections: 1, maxPendingRequests: 1 } }")}`,
      `  - ${listener(ports.http2, "http2")}`,
      `  - ${listener(ports.grpc, "grpc")}`,
    ]),
    appMeshObject(
      "VirtualGateway",
      "front-door",
      [
        `namespaceSelector: { matchLabels: { mesh: shop } }`,
        `gatewayRouteSelector: { matchLabels: { door: edge } }`,
        `listeners: [${listener(ports.edge, "http")}]`,
      ],
      `, annotations: { outrigger.dev/use-remote-address: "true" }`,
    ),
    ...APPS.map((app) => node(app, ports)),
    ...APPS.map((app) => serviceOfNode(app)),
    appMeshObject("VirtualService", "nothing", ["awsName: nothing.shop"]),
    appMeshObject("VirtualService", "unspeakable", [
      String.raw`awsName: "un\0speakable"`,
      "provider: { virtualNode: { virtualNodeRef: { name: green } } }",
    ]),
    routedService(
      "paths",
      [listener(8080, "http")],
      [
        `{ name: blue, httpRoute: { match: { prefix: /blue }, ${toNode("blue")} } }`,
        `{ name: red, httpRoute: { match: { prefix: /red }, ${toNode("red")} } }`,
        `{ name: host, httpRoute: { match: { prefix: /whatever }, ${toNode("green")} } }`,
      ],
    ),
    routedService(
      "two",
      [listener(9001, "http"), listener(9002, "http")],
      [
        `{ name: one, httpRoute: { match: { prefix: "/", port: 9001 }, ${toNode("white")} } }`,
        `{ name: other, httpRoute: { match: { prefix: "/", port: 9002 }, ${toNode("yellow")} } }`,
      ],
    ),
    // in alphabetical order of nothing: what comes first is for the gateway to decide
    ...routes(ports, moved),
    appMeshObject(
      "GatewayRoute",
      "edge",
      [`httpRoute: { match: { prefix: / }, ${to("green")} }`],
      ", labels: { door: edge }",
    ),
  );
}

const BANK = `
apiVersion: v1
kind: Namespace
metadata: { name: bank, labels: { mesh: shop } }
`;

function routes(ports: Ports, moved: App): readonly string[] {
  const http = (name: string, match: string, action: string, more: readonly string[] = []) =>
    taken(name, [...more, `httpRoute: { match: ${match}, ${action} }`]);
  const grpc = (name: string, match: string, service: string) =>
    taken(name, [`grpcRoute: { match: ${match}, ${to(service)} }`]);
  return [
    // the seven of App Mesh's walkthrough http-ingress-v2
    http("header-match", `{ prefix: /, headers: [{ name: color_header, match: { exact: yellow } }] }`, to("yellow")),
    http("method-match", `{ prefix: /, method: DELETE }`, to("white")),
    http("path-match", `{ path: { exact: /paths/green } }`, to("green"), ["priority: 0"]),
    http("prefix-match", `{ prefix: /paths }`, to("paths")),
    http(
      "query-match",
      `{ prefix: /query, queryParameters: [{ name: color_type, match: { exact: white } }] }`,
      to("white"),
    ),
    http("rewrite-path", `{ path: { exact: /rewrite/path/blue } }`, to("paths", "path: { exact: /blue }")),
    http("rewrite-prefix", `{ prefix: /test/ }`, to("paths", "prefix: { value: /red/ }")),
    // what else may be written
    http("regex", `{ path: { regex: "/v[0-9]+/.*" } }`, to("green")),
    http("rewrite-regex", `{ path: { regex: "/old/.*" } }`, to("green", 'path: { exact: "/new\\\\1" }')),
    http("confined", `{ prefix: /confined }`, to("green", "prefix: { value: /inside/ }")),
    http("keep-prefix", `{ prefix: /red }`, to("paths", "prefix: { defaultPrefix: DISABLED }")),
    http("keep-host", `{ prefix: /host }`, to("green", "hostname: { defaultTargetHostname: DISABLED }")),
    http("keep-both", `{ prefix: /whatever }`, to("paths", KEEP_BOTH)),
    http("port-of-service", `{ prefix: /other }`, to("two", undefined, 9002)),
    http("port-of-gateway", `{ prefix: /limited, port: ${ports.limited} }`, to("slow")),
    http("late", `{ prefix: /first/of/all }`, to("red"), ["priority: 20"]),
    http("early", `{ prefix: /first }`, to("green"), ["priority: 3"]),
    http("moved", `{ prefix: /moved }`, to(moved)),
    http("slow", `{ prefix: /slow }`, to("slow")),
    http("slow-host", `{ prefix: /waits }`, to("slow", "hostname: { defaultTargetHostname: DISABLED }")),
    // hosts
    http("exact", `{ hostname: { exact: WWW.example.com }, prefix: /only }`, to("white")),
    http("exact-catalogue", `{ hostname: { exact: www.example.com }, path: { exact: /red/it } }`, to("yellow")),
    http("suffix", `{ hostname: { suffix: .example.com }, prefix: /sub }`, to("yellow")),
    http("longer-suffix", `{ hostname: { suffix: .eu.example.com }, prefix: /sub/eu }`, to("blue")),
    http("hyphens", `{ hostname: { suffix: -api.shop-mesh.io } }`, to("green")),
    http("host-alone", `{ hostname: { exact: alone.shop-mesh.io } }`, to("white")),
    http("port-in-host", `{ hostname: { exact: "ported.shop-mesh.io:8443" } }`, to("red")),
    // what cannot work, beside what does
    http("missing", `{ prefix: /missing }`, to("nobody")),
    http("no-port", `{ prefix: /no-port }`, to("two")),
    http("wrong-port", `{ prefix: /wrong-port }`, to("two", undefined, 9003)),
    http("no-provider", `{ prefix: /no-provider }`, to("nothing")),
    http("bad-expression", `{ path: { regex: "/bad/(?=x)" } }`, to("green")),
    http("bad-host", `{ hostname: { exact: "*.example.com" }, prefix: /red }`, to("green")),
    // Envoy would refuse everybody's routes for either of them
    http("two-dots", `{ hostname: { exact: www.example.com.. }, prefix: /red }`, to("green")),
    http("unspeakable", `{ prefix: /unspeakable }`, to("unspeakable")),
    http("foreign-port", `{ prefix: /foreign, port: 1 }`, to("green")),
    taken(
      "of-bank",
      [
        `httpRoute: { match: { prefix: /bank }, ${to("green").replace("name: green", "name: green, namespace: shop")} }`,
      ],
      "bank",
    ),
    appMeshObject("GatewayRoute", "unlabelled", [`httpRoute: { match: { prefix: /unlabelled }, ${to("green")} }`]),
    // HTTP/2 and gRPC
    taken("http2", [`http2Route: { match: { prefix: /two }, ${to("calls")} }`]),
    taken("http2-to-http1", [`http2Route: { match: { prefix: /one }, ${to("blue")} }`]),
    grpc("catalogue", `{ serviceName: shop.Catalogue }`, "calls"),
    grpc("version", `{ serviceName: shop.Versions, metadata: [{ name: version, match: { exact: v2 } }] }`, "calls"),
    grpc("grpc-host", `{ hostname: { exact: calls.example.com } }`, "calls"),
    grpc("not-grpc", `{ serviceName: shop.Old }`, "red"),
  ];
}

const KEEP_BOTH = "hostname: { defaultTargetHostname: DISABLED }, prefix: { defaultPrefix: DISABLED }";

/** A route that the gateway `door` takes. */
function taken(name: string, spec: readonly string[], namespace = "shop"): string {
  return appMeshObject("GatewayRoute", name, spec, ", labels: { door: main }", namespace);
}

function to(service: string, rewrite?: string, port?: number): string {
  const number = port === undefined ? "" : `, port: ${port}`;
  const rewriting = rewrite === undefined ? "" : `, rewrite: { ${rewrite} }`;
  return `action: { target: { virtualService: { virtualServiceRef: { name: ${service} } }${number} }${rewriting} }`;
}

function node(app: App, { apps }: Ports): string {
  const protocol = app === "calls" ? "grpc" : "http";
  const timeout = app === "slow" ? `, timeout: { http: { perRequest: { unit: ms, value: ${TIMEOUT} } } }` : "";
  const listener = `{ portMapping: { port: ${apps[app]}, protocol: ${protocol} }${timeout} }`;
  return appMeshObject("VirtualNode", app, listening([listener], `${app}.shop.svc.cluster.local`));
}
