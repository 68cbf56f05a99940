import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { appMeshObject, documents, serviceOfNode } from "../shop-manifest.ts";
import { outrigger } from "./command-line.ts";

/*
 * What people really got wrong in manifests of App Mesh, as their public repositories and reports show it. Most of it App Mesh took in
 * silence. The text that a person reads must name the object and the cure.
 */

const GOOD = readFileSync(join(import.meta.dirname, "problems/good.yaml"), "utf8");

interface Mistake {
  /** What the person did. */
  readonly did: string;
  /** Words of the good mesh that stand there once, and what was written in their place. */
  readonly wrote?: readonly (readonly [there: string, instead: string])[];
  /** Documents that were added. */
  readonly added?: string;
  readonly code: string;
  /** As the text has it. */
  readonly object: string;
  readonly path: string;
  /** Words that the hint must have. */
  readonly cure: string;
  /** Where the hint refers to what was expected: words that say it. */
  readonly expected?: string;
}

const MESH = "namespaceSelector: { matchLabels: { mesh: shop } }";
const GATEWAY_LISTENER = "port: 8088, protocol: http }";
const FRONT_PODS = "podSelector: { matchLabels: { app: front } }";
const FRONT_PROVIDER = "provider: { virtualNode: { virtualNodeRef: { name: front } } }";
const CALLS_COLOR = "virtualServiceRef: { name: color } }";
const CALLS_ORDERS = "virtualServiceRef: { name: orders } }";
const BACKENDS = "  backends:\n";
const MIX = "match: { prefix: /mix }";
const GREEN_TARGET = "{ virtualNodeRef: { name: green }, weight: 1 }";
const GREEN_HOST = "dns: { hostname: green.shop.svc.cluster.local }";
const BLUE_LISTENER = "protocol: http }\n      healthCheck";
const ORDERS_LISTENER = "{ portMapping: { port: 5432, protocol: tcp } }";
const ORDERS_HOST = "awsName: orders.shop.svc.cluster.local";
const EDGE_ROUTE = "match: { prefix: / }\n    action: { target";

const tlsOfBlue = (tls: string) => [BLUE_LISTENER, `protocol: http }\n      tls: ${tls}\n      healthCheck`] as const;
const policyOfFront = (tls: string) =>
  [BACKENDS, `  backendDefaults: { clientPolicy: { tls: ${tls} } }\n${BACKENDS}`] as const;
const namespace = (name: string, labels: string) =>
  `apiVersion: v1\nkind: Namespace\nmetadata: { name: ${name}, labels: { ${labels} } }\n`;

const OF_MESHES: readonly Mistake[] = [
  {
    did: "forgot the label of the Mesh on the namespace",
    wrote: [["labels: { mesh: shop, gateway: edge }", "labels: { gateway: edge }"]],
    code: "no-mesh",
    object: "VirtualNode shop/front",
    path: "",
    cure: "label the namespace as a Mesh's namespaceSelector wants it: shop wants mesh=shop",
  },
  {
    did: "made the Mesh without a namespaceSelector",
    wrote: [[`spec: { ${MESH} }`, "spec: {}"]],
    code: "no-mesh",
    object: "VirtualNode shop/front",
    path: "",
    cure: "give Mesh shop a namespaceSelector",
  },
  {
    did: "wrote the labels of a selector without matchLabels",
    wrote: [[MESH, "namespaceSelector: { mesh: shop }"]],
    code: "wider-than-written",
    object: "Mesh shop",
    path: "spec.namespaceSelector.mesh",
    cure: "write matchLabels: {mesh: shop}",
  },
  {
    did: "made a second Mesh that selects every namespace",
    added: `apiVersion: appmesh.k8s.aws/v1beta2\nkind: Mesh\nmetadata: { name: all }\nspec: { namespaceSelector: {} }\n`,
    code: "ambiguous-mesh",
    object: "Mesh all",
    path: "spec.namespaceSelector",
    cure: "change one of the two namespaceSelectors so that no namespace fits both",
  },
  {
    did: "invented a type of egress filter",
    wrote: [[MESH, `${MESH}, egressFilter: { type: DENY_ALL }`]],
    code: "not-readable",
    object: "Mesh shop",
    path: "spec.egressFilter.type",
    cure: "correct it: the API server refuses this object",
    expected: "expected one of ALLOW_ALL, DROP_ALL, found",
  },
];

const OF_NODES: readonly Mistake[] = [
  {
    did: "let the pods of one version be those of the other one's node too",
    wrote: [["matchLabels: { app: color, version: blue }", "matchLabels: { app: color }"]],
    code: "ambiguous-pods",
    object: "VirtualNode shop/green",
    path: "spec.podSelector",
    cure: "change one of the podSelectors",
  },
  {
    did: "wrote the labels of the pods straight in podSelector",
    wrote: [[FRONT_PODS, "podSelector: { app: front }"]],
    code: "wider-than-written",
    object: "VirtualNode shop/front",
    path: "spec.podSelector.app",
    cure: "write matchLabels: {app: front}",
  },
  {
    did: "named a backend by its host name, as App Mesh knows it, and not by its object",
    wrote: [[CALLS_COLOR, "virtualServiceRef: { name: color.shop.svc.cluster.local } }"]],
    code: "missing-reference",
    object: "VirtualNode shop/front",
    path: "spec.backends[0].virtualService",
    cure: "write name: color, ",
  },
  {
    did: "named a backend of another namespace without its namespace",
    wrote: [[CALLS_ORDERS, "virtualServiceRef: { name: ledger } }"]],
    added: documents(
      namespace("bank", "mesh: shop"),
      appMeshObject(
        "VirtualService",
        "ledger",
        ["provider: { virtualNode: { virtualNodeRef: { name: orders, namespace: shop } } }"],
        "",
        "bank",
      ),
    ),
    code: "missing-reference",
    object: "VirtualNode shop/front",
    path: "spec.backends[1].virtualService",
    cure: "write the namespace of the one that is meant: there is one in bank",
  },
  {
    did: "wrote a backend in the words of App Mesh's API",
    wrote: [[CALLS_ORDERS, "virtualServiceName: orders.shop.svc.cluster.local }"]],
    code: "unknown-field",
    object: "VirtualNode shop/front",
    path: "spec.backends[1].virtualService.virtualServiceName",
    cure: "write virtualServiceRef: {name: orders, namespace: shop}",
  },
  {
    did: "named a node as a backend",
    wrote: [[CALLS_COLOR, "virtualNodeRef: { name: blue } }"]],
    code: "no-reference",
    object: "VirtualNode shop/front",
    path: "spec.backends[0].virtualService",
    cure: "write virtualServiceRef with its name",
  },
  {
    did: "copied the ARN of the node where that of the service belongs",
    wrote: [[CALLS_COLOR, 'virtualServiceARN: "arn:aws:appmesh:eu-west-1:123456789012:mesh/shop/virtualNode/color" }']],
    code: "bad-arn",
    object: "VirtualNode shop/front",
    path: "spec.backends[0].virtualService",
    cure: "give the ARN of a VirtualService",
  },
  {
    did: "called two databases on one port",
    wrote: [
      [CALLS_ORDERS, `${CALLS_ORDERS}\n    - virtualService: { virtualServiceRef: { name: users } }`],
      [ORDERS_HOST, "awsName: orders.example.com"],
    ],
    added: appMeshObject("VirtualService", "users", [
      "awsName: users.example.com",
      "provider: { virtualNode: { virtualNodeRef: { name: orders } } }",
    ]),
    code: "alike-services",
    object: "VirtualNode shop/front",
    path: "spec.backends",
    cure: "name each after a Kubernetes Service of its own, or give each another port",
  },
  {
    did: "called HTTP and TCP on one port",
    wrote: [
      [ORDERS_LISTENER, "{ portMapping: { port: 8080, protocol: tcp } }"],
      [ORDERS_HOST, "awsName: orders.example.com"],
    ],
    code: "alike-services",
    object: "VirtualNode shop/front",
    path: "spec.backends",
    cure: "give each another port",
  },
  {
    did: "put the port in quotes",
    wrote: [[ORDERS_LISTENER, '{ portMapping: { port: "5432", protocol: tcp } }']],
    code: "not-readable",
    object: "VirtualNode shop/orders",
    path: "spec.listeners[0].portMapping.port",
    cure: "correct it: the API server refuses this object",
    expected: 'expected a whole number, found "5432": write it without quotes',
  },
  {
    did: "wrote port and protocol straight in the listener",
    wrote: [[ORDERS_LISTENER, "{ port: 5432, protocol: tcp }"]],
    code: "unknown-field",
    object: "VirtualNode shop/orders",
    path: "spec.listeners[0].port",
    cure: "write portMapping: {port: 5432}",
  },
  {
    did: "had the app listen on a port of Envoy's",
    wrote: [[ORDERS_LISTENER, "{ portMapping: { port: 9901, protocol: http } }"]],
    code: "sidecar-port",
    object: "VirtualNode shop/orders",
    path: "spec.listeners[0].portMapping.port",
    cure: "listen on another port",
  },
  {
    did: "wrote a connection pool of another protocol",
    wrote: [
      [
        ORDERS_LISTENER,
        "{ portMapping: { port: 5432, protocol: tcp }, connectionPool: { http: { maxConnections: 5 } } }",
      ],
    ],
    code: "protocol-mismatch",
    object: "VirtualNode shop/orders",
    path: "spec.listeners[0].connectionPool.http",
    cure: "write it as connectionPool.tcp",
  },
  {
    did: "wrote the fields of the health check straight in the listener",
    wrote: [
      [
        "healthCheck: { protocol: http, path: /ping, intervalMillis: 5000, timeoutMillis: 2000, healthyThreshold: 2, unhealthyThreshold: 2 }",
        "path: /ping",
      ],
    ],
    code: "unknown-field",
    object: "VirtualNode shop/blue",
    path: "spec.listeners[0].path",
    cure: "write healthCheck: {path: /ping}",
  },
  {
    did: "wrote healthCheck in small letters",
    wrote: [["healthCheck:", "healthcheck:"]],
    code: "unknown-field",
    object: "VirtualNode shop/blue",
    path: "spec.listeners[0].healthcheck",
    cure: "perhaps healthCheck was meant",
  },
  {
    did: "forgot the slash of the health check's path",
    wrote: [["path: /ping", "path: ping"]],
    code: "bad-health-check",
    object: "VirtualNode shop/blue",
    path: "spec.listeners[0].healthCheck.path",
    cure: "write /ping",
  },
  {
    did: "checked a listener of HTTP by gRPC",
    wrote: [["healthCheck: { protocol: http, path: /ping", "healthCheck: { protocol: grpc"]],
    code: "bad-health-check",
    object: "VirtualNode shop/blue",
    path: "spec.listeners[0].healthCheck.protocol",
    cure: "check by http or tcp, or give the listener the protocol grpc",
  },
  {
    did: "gave times of the health check in seconds",
    wrote: [["intervalMillis: 5000", "intervalMillis: 5"]],
    code: "not-readable",
    object: "VirtualNode shop/blue",
    path: "spec.listeners[0].healthCheck.intervalMillis",
    cure: "correct it: the API server refuses this object",
    expected: "expected a whole number from 5000 to 300000, found 5",
  },
  {
    did: "wrote the access log to a file",
    wrote: [[BACKENDS, `  logging: { accessLog: { file: { path: /var/log/envoy.log } } }\n${BACKENDS}`]],
    code: "bad-access-log",
    object: "VirtualNode shop/front",
    path: "spec.logging.accessLog.file.path",
    cure: "write /dev/stdout or /dev/stderr",
  },
];

const OF_DISCOVERY: readonly Mistake[] = [
  {
    did: "forgot serviceDiscovery of a node that listens",
    wrote: [[`  serviceDiscovery: { ${GREEN_HOST} }\n`, ""]],
    code: "no-discovery",
    object: "VirtualNode shop/green",
    path: "spec.serviceDiscovery",
    cure: "add dns or awsCloudMap",
  },
  {
    did: "wrote the port into the host name",
    wrote: [[GREEN_HOST, 'dns: { hostname: "green.shop.svc.cluster.local:8080" }']],
    code: "no-discovery",
    object: "VirtualNode shop/green",
    path: "spec.serviceDiscovery.dns.hostname",
    cure: "write the name alone; the port is that of the listener",
  },
  {
    did: "left dns where Cloud Map was added",
    wrote: [[GREEN_HOST, `${GREEN_HOST}, awsCloudMap: { namespaceName: pvt.local, serviceName: green }`]],
    code: "ambiguous-field",
    object: "VirtualNode shop/green",
    path: "spec.serviceDiscovery",
    cure: "remove one",
  },
  {
    did: "gave the Service port 80 and the listener the app's",
    added:
      "apiVersion: v1\nkind: Service\nmetadata: { name: green, namespace: shop }\nspec: { ports: [{ port: 80, targetPort: 8080 }] }\n",
    code: "no-service",
    object: "VirtualRouter shop/color",
    path: "spec.routes[0].httpRoute.action.weightedTargets[1]",
    cure: "give the Service a port 8080",
  },
];

const OF_TLS: readonly Mistake[] = [
  {
    did: "demanded TLS of callers before any listener had it",
    wrote: [policyOfFront("{ validation: { trust: { file: { certificateChain: /tls/ca.pem } } } }")],
    code: "tls-mismatch",
    object: "VirtualNode shop/front",
    path: "spec.backendDefaults.clientPolicy.tls",
    cure: "give its listener tls, or the policy enforce: false",
  },
  {
    did: "wrote a mode of TLS for callers, which listeners have",
    wrote: [
      policyOfFront(
        "{ mode: STRICT, enforce: false, validation: { trust: { file: { certificateChain: /tls/ca.pem } } } }",
      ),
    ],
    code: "unknown-field",
    object: "VirtualNode shop/front",
    path: "spec.backendDefaults.clientPolicy.tls.mode",
    cure: "remove it",
  },
  {
    did: "had a listener ask its callers for certificates that they have not",
    wrote: [
      tlsOfBlue(
        "{ mode: STRICT, certificate: { file: { certificateChain: /tls/a.pem, privateKey: /tls/a.key } }, validation: { trust: { file: { certificateChain: /tls/ca.pem } } } }",
      ),
      policyOfFront("{ enforce: false, validation: { trust: { file: { certificateChain: /tls/ca.pem } } } }"),
    ],
    code: "tls-mismatch",
    object: "VirtualNode shop/front",
    path: "spec.backendDefaults.clientPolicy.tls",
    cure: "give the policy a certificate, or take validation off its listener",
  },
  {
    did: "had a listener ask its callers for certificates, and wrote no policy for them",
    wrote: [
      tlsOfBlue(
        "{ mode: STRICT, certificate: { file: { certificateChain: /tls/a.pem, privateKey: /tls/a.key } }, validation: { trust: { file: { certificateChain: /tls/ca.pem } } } }",
      ),
    ],
    code: "tls-mismatch",
    object: "VirtualNode shop/front",
    path: "spec.backends",
    cure: "add clientPolicy.tls with a certificate, or take validation off its listener",
  },
  {
    did: "wrote a path of a certificate that does not begin at the root",
    wrote: [
      tlsOfBlue("{ mode: PERMISSIVE, certificate: { file: { certificateChain: tls/a.pem, privateKey: /tls/a.key } } }"),
    ],
    code: "bad-certificate",
    object: "VirtualNode shop/blue",
    path: "spec.listeners[0].tls.certificate.file.certificateChain",
    cure: "write the path where the volume is mounted there",
  },
  {
    did: "wanted a certificate of ACM for a name outside of the namespace",
    wrote: [
      tlsOfBlue(
        '{ mode: PERMISSIVE, certificate: { acm: { certificateARN: "arn:aws:acm:eu-west-1:123456789012:certificate/a" } } }',
      ),
      ["hostname: blue.shop.svc.cluster.local", "hostname: blue.example.com"],
    ],
    code: "certificate-name",
    object: "VirtualNode shop/blue",
    path: "spec.listeners[0].tls.certificate.acm",
    cure: "annotate Mesh shop with outrigger.dev/certificate-names: shop=blue.example.com",
  },
];

const OF_ROUTERS: readonly Mistake[] = [
  {
    did: "sent requests to a node that was never made",
    wrote: [[GREEN_TARGET, "{ virtualNodeRef: { name: red }, weight: 1 }"]],
    code: "missing-reference",
    object: "VirtualRouter shop/color",
    path: "spec.routes[0].httpRoute.action.weightedTargets[1]",
    cure: "create it, or correct the reference",
  },
  {
    did: "gave all targets the weight 0",
    wrote: [
      ["weight: 9 }", "weight: 0 }"],
      [GREEN_TARGET, "{ virtualNodeRef: { name: green }, weight: 0 }"],
    ],
    code: "no-target",
    object: "VirtualRouter shop/color",
    path: "spec.routes[0].httpRoute.action.weightedTargets",
    cure: "give one target a weight",
  },
  {
    did: "put HTTP routes on a listener of TCP",
    wrote: [
      [
        "listeners: [{ portMapping: { port: 8080, protocol: http } }]\n  routes",
        "listeners: [{ portMapping: { port: 8080, protocol: tcp } }]\n  routes",
      ],
    ],
    code: "protocol-mismatch",
    object: "VirtualRouter shop/color",
    path: "spec.routes[0].httpRoute",
    cure: "give the listener the protocol http, or write a tcpRoute",
  },
  {
    did: "wrote a gRPC route to nodes of HTTP/1",
    wrote: [
      [
        `httpRoute:\n        ${MIX}\n        timeout: { perRequest: { unit: s, value: 5 } }`,
        "grpcRoute:\n        match: {}",
      ],
    ],
    code: "protocol-mismatch",
    object: "VirtualRouter shop/color",
    path: "spec.routes[0].grpcRoute.action.weightedTargets[0]",
    cure: "give the node's listener the protocol grpc",
  },
  {
    did: "named a port of the target that is that of its Service",
    wrote: [[GREEN_TARGET, "{ virtualNodeRef: { name: green }, port: 80, weight: 1 }"]],
    code: "port-mismatch",
    object: "VirtualRouter shop/color",
    path: "spec.routes[0].httpRoute.action.weightedTargets[1]",
    cure: "name one of its ports",
  },
  {
    did: "matched a port that the router does not listen on",
    wrote: [[MIX, "match: { prefix: /mix, port: 80 }"]],
    code: "port-mismatch",
    object: "VirtualRouter shop/color",
    path: "spec.routes[0].httpRoute.match.port",
    cure: "name one of the router's ports",
  },
  {
    did: "forgot the slash of a prefix",
    wrote: [[MIX, "match: { prefix: mix }"]],
    code: "never-matches",
    object: "VirtualRouter shop/color",
    path: "spec.routes[0].httpRoute.match.prefix",
    cure: "write /mix",
  },
  {
    did: "gave both a prefix and a path",
    wrote: [[MIX, "match: { prefix: /mix, path: { exact: /mix } }"]],
    code: "refused",
    object: "VirtualRouter shop/color",
    path: "spec.routes[0]",
    cure: "correct it: kubectl apply ends with this error",
    expected: "exactly one of httpRoute.match.prefix and httpRoute.match.path must be given",
  },
  {
    did: "wrote a negative look-ahead",
    wrote: [[MIX, 'match: { path: { regex: "/(?!admin).*" } }']],
    code: "bad-expression",
    object: "VirtualRouter shop/color",
    path: "spec.routes[0].httpRoute.match.path.regex",
    cure: "write it as RE2 has it, without look-around",
  },
  {
    did: "wrote the value of a header without match",
    wrote: [[MIX, "match: { prefix: /mix, headers: [{ name: version, exact: v2 }] }"]],
    code: "wider-than-written",
    object: "VirtualRouter shop/color",
    path: "spec.routes[0].httpRoute.match.headers[0].exact",
    cure: "write match: {exact: v2}",
  },
  {
    did: "gave the catch-all alone a priority",
    wrote: [["- name: all\n", "- name: all\n      priority: 1\n"]],
    code: "shadowed-route",
    object: "VirtualRouter shop/color",
    path: "spec.routes[0]",
    cure: "give it a smaller priority",
  },
  {
    did: "copied a route and left its name",
    wrote: [["- name: all\n", "- name: mix\n"]],
    code: "route-named-twice",
    object: "VirtualRouter shop/color",
    path: "spec.routes[1]",
    cure: "give each route a name of its own",
  },
  {
    did: "gave a slow route a time-out of a minute, and the listener behind it none",
    wrote: [["perRequest: { unit: s, value: 5 }", "perRequest: { unit: s, value: 60 }"]],
    code: "capped-timeout",
    object: "VirtualRouter shop/color",
    path: "spec.routes[0].httpRoute.action.weightedTargets[0]",
    cure: "give the node's listener the route's time-out too",
  },
];

const OF_SERVICES: readonly Mistake[] = [
  {
    did: "wrote a provider in the words of App Mesh's API",
    wrote: [[FRONT_PROVIDER, "provider: { virtualNode: { virtualNodeName: front } }"]],
    code: "unknown-field",
    object: "VirtualService shop/front",
    path: "spec.provider.virtualNode.virtualNodeName",
    cure: "write virtualNodeRef: {name: front}",
  },
  {
    did: "made a service without a provider",
    wrote: [[`, ${FRONT_PROVIDER}`, ""]],
    code: "no-target",
    object: "VirtualService shop/front",
    path: "spec.provider",
    cure: "name a virtualNode or a virtualRouter",
  },
  {
    did: "wrote the port into the name of a service",
    wrote: [[ORDERS_HOST, 'awsName: "orders.shop.svc.cluster.local:5432"']],
    code: "never-matches",
    object: "VirtualService shop/orders",
    path: "spec.awsName",
    cure: "create it again under the name that clients call",
  },
  {
    did: "gave two services one name",
    added: appMeshObject("VirtualService", "color-v2", [
      "awsName: color.shop.svc.cluster.local",
      "provider: { virtualNode: { virtualNodeRef: { name: green } } }",
    ]),
    code: "name-claimed-twice",
    object: "VirtualService shop/color-v2",
    path: "spec.awsName",
    cure: "create it again under another awsName",
  },
];

const OF_GATEWAYS: readonly Mistake[] = [
  {
    did: "made the gateway without a namespaceSelector",
    wrote: [["  namespaceSelector: { matchLabels: { gateway: edge } }\n", ""]],
    code: "no-gateway",
    object: "GatewayRoute shop/front",
    path: "",
    cure: "shop/edge has no namespaceSelector",
  },
  {
    did: "forgot the label of the gateway on the namespace",
    wrote: [["labels: { mesh: shop, gateway: edge }", "labels: { mesh: shop }"]],
    code: "no-gateway",
    object: "GatewayRoute shop/front",
    path: "",
    cure: "shop/edge wants of the namespace gateway=edge",
  },
  {
    did: "gave a gateway a selector of routes, and the route no label",
    wrote: [
      [
        "  namespaceSelector: { matchLabels: { gateway: edge } }\n",
        "  namespaceSelector: {}\n  gatewayRouteSelector: { matchLabels: { gateway: edge } }\n",
      ],
    ],
    code: "no-gateway",
    object: "GatewayRoute shop/front",
    path: "",
    cure: "shop/edge wants of the namespace <everything>, and of the route gateway=edge",
  },
  {
    did: "made a second gateway for the same namespaces",
    added: appMeshObject("VirtualGateway", "second", [
      "namespaceSelector: { matchLabels: { gateway: edge } }",
      "podSelector: { matchLabels: { app: second } }",
      `listeners: [{ portMapping: { ${GATEWAY_LISTENER} }]`,
    ]),
    code: "ambiguous-gateway",
    object: "GatewayRoute shop/front",
    path: "",
    cure: "change their namespaceSelector or gatewayRouteSelector so that only one of them takes it",
  },
  {
    did: "wrote the access log of the gateway into its listener",
    wrote: [[GATEWAY_LISTENER, `${GATEWAY_LISTENER}, logging: { accessLog: { file: { path: /dev/stdout } } }`]],
    code: "unknown-field",
    object: "VirtualGateway shop/edge",
    path: "spec.listeners[0].logging",
    cure: "move it to spec.logging",
  },
  {
    did: "wrote a gateway of TCP",
    wrote: [[GATEWAY_LISTENER, "port: 8088, protocol: tcp }"]],
    code: "not-readable",
    object: "VirtualGateway shop/edge",
    path: "spec.listeners[0].portMapping.protocol",
    cure: "correct it: the API server refuses this object",
    expected: "expected one of grpc, http, http2, found",
  },
  {
    did: "sent a gateway's requests to a service of TCP",
    wrote: [["virtualServiceRef: { name: front } } } }", "virtualServiceRef: { name: orders } } } }"]],
    code: "protocol-mismatch",
    object: "GatewayRoute shop/front",
    path: "spec.httpRoute.action.target",
    cure: "a listener of http, http2 or grpc",
  },
  {
    did: "wrote a wildcard as an exact host",
    wrote: [[EDGE_ROUTE, 'match: { prefix: /, hostname: { exact: "*.example.com" } }\n    action: { target']],
    code: "never-matches",
    object: "GatewayRoute shop/front",
    path: "spec.httpRoute.match.hostname.exact",
    cure: "for all names below a domain the suffix .example.com",
  },
  {
    did: "made a catch-all with a priority beside the others",
    added: documents(
      serviceOfNode("green"),
      appMeshObject("GatewayRoute", "all", [
        "priority: 1",
        "httpRoute:",
        "  match: { prefix: / }",
        "  action: { target: { virtualService: { virtualServiceRef: { name: green } } } }",
      ]),
    ),
    code: "shadowed-route",
    object: "VirtualGateway shop/edge",
    path: "",
    cure: "give shop/front a smaller spec.priority than shop/all has",
  },
];

const ALL = [
  ["of a mesh", OF_MESHES],
  ["of a node", OF_NODES],
  ["of discovery", OF_DISCOVERY],
  ["of TLS", OF_TLS],
  ["of a router", OF_ROUTERS],
  ["of a service", OF_SERVICES],
  ["of a gateway", OF_GATEWAYS],
] as const;

test("the mesh that the mistakes are made in has no problem", async () => {
  const { code, stdout } = await outrigger(["problems", "-f", "-"], { stdin: GOOD });
  expect({ code, stdout }).toEqual({ code: 0, stdout: "11 App Mesh objects: no problems\n" });
});

describe.each(ALL)("a mistake %s", (_, mistakes) => {
  test.each(mistakes)("is said with its cure: somebody $did", async (mistake) => {
    const { code: exit, stdout } = await outrigger(["problems", "-f", "-"], { stdin: manifestOf(mistake) });
    const { code, object, path, cure, expected = "" } = mistake;
    const [found, hint] = [expected, cure].map((words) => expect.stringContaining(words));
    expect(said(stdout)).toContainEqual({ object, code, path, found, hint });
    expect(exit).toBe(1);
  });
});

function manifestOf({ wrote = [], added }: Mistake): string {
  let manifest = GOOD;
  for (const [there, instead] of wrote) {
    expect(manifest.split(there), `what stands there once: ${there}`).toHaveLength(2);
    manifest = manifest.replace(there, () => instead);
  }
  return added === undefined ? manifest : documents(manifest, added);
}

interface Said {
  readonly object: string;
  readonly code: string;
  readonly path: string;
  readonly found: string;
  readonly hint: string;
}

/** The problems of the text, which has them below their object: severity, code, path and place, then what was found, then what helps. */
function said(text: string): readonly Said[] {
  return text.split("\n\n").flatMap((block) => {
    const [object = "", ...lines] = block.split("\n");
    return lines.flatMap((line, index) => {
      const [, code, path = ""] = /^ {2}(?:error {2}|warning) {2}(\S+) {2}(?:(\S+) {2})?stdin:\d+$/.exec(line) ?? [];
      const found = lines[index + 1]?.trim() ?? "";
      const [, hint] = /^ +hint: (.*)$/.exec(lines[index + 2] ?? "") ?? [];
      return code === undefined || hint === undefined ? [] : [{ object, code, path, found, hint }];
    });
  });
}
