import { beforeEach, describe, expect, test } from "vitest";
import {
  aMeshObject,
  aNamespace,
  aVirtualNode,
  backends,
  gone,
  goneNamespace,
  goneService,
  meshObject,
  placed,
  put,
  putFacts,
  putNamespace,
  putService,
  referenceTo,
} from "../../test/mesh-objects.ts";
import type { JsonObject } from "../model/json.ts";
import { KIND_FACTS } from "../model/kinds.ts";
import type { MeshChange } from "../model/mesh-change.ts";
import { keyOf, type MeshObject, type ObjectRef } from "../model/mesh-object.ts";
import { MeshGraph } from "./graph.ts";
import type { NodeView } from "./view.ts";

let graph: MeshGraph;

beforeEach(() => {
  graph = new MeshGraph({ mesh: "serve", accountId: "", clusterDomain: "cluster.local", discovery: "dns" });
  graph.apply([putNamespace(aNamespace("shop")), putNamespace(aNamespace("bank")), put(aMeshObject("main"))]);
});

function add(...objects: readonly MeshObject[]): readonly string[] {
  return dirtyAfter(...objects.map((object) => put(object)));
}

function dirtyAfter(...changes: readonly MeshChange[]): readonly string[] {
  return graph.apply(changes).views.map(keyOf).toSorted();
}

function ref<K extends ObjectRef["kind"]>(kind: K, place: string): ObjectRef<K> {
  const { name, namespace = "" } = placed(place);
  return { kind, namespace, name };
}

function viewOf(place: string): NodeView {
  const view = graph.view(ref("VirtualNode", place));
  if (view?.kind !== "virtualNode") throw new Error(`no view of ${place}`);
  return view;
}

function problemsOf(kind: ObjectRef["kind"], place: string): readonly string[] {
  return graph.problems(ref(kind, place)).map(({ code, path }) => (path === "" ? code : `${code} at ${path}`));
}

const ARN = "arn:aws:appmesh:us-west-2:000000000000:";

/** The object with the status that it has once it is in effect under this name. */
function acceptedAs<K extends MeshObject>(object: K, name: string): MeshObject {
  const arns = { [KIND_FACTS[object.kind].arnField ?? ""]: `${ARN}${name}` };
  return { ...object, conditions: [{ type: "Accepted", status: "True" }], arns } as unknown as MeshObject;
}

function service(place: string, provider: JsonObject = {}, spec: JsonObject = {}): MeshObject {
  return meshObject("VirtualService", place, { provider, ...spec });
}
const byNode = (place: string): JsonObject => ({ virtualNode: { virtualNodeRef: referenceTo(place) } });
const byRouter = (place: string): JsonObject => ({ virtualRouter: { virtualRouterRef: referenceTo(place) } });

function httpRoute(
  name: string,
  targets: Readonly<Record<string, number>>,
  more: JsonObject = {},
  match: JsonObject = {},
): JsonObject {
  const weightedTargets = Object.entries(targets).map(([place, weight]) => {
    const [node = "", port] = place.split(":");
    return { virtualNodeRef: referenceTo(node), weight, ...(port !== undefined && { port: Number(port) }) };
  });
  return { name, httpRoute: { match: { prefix: "/", ...match }, action: { weightedTargets }, ...more } };
}

function grpcRoute(match: JsonObject, target = "api"): JsonObject {
  const [node = "", port] = target.split(":");
  const weightedTargets = [
    { virtualNodeRef: { name: node }, weight: 1, ...(port !== undefined && { port: Number(port) }) },
  ];
  return { name: "r", grpcRoute: { match, action: { weightedTargets } } };
}

function router(place: string, routes: readonly JsonObject[], ports: readonly number[] = [80]): MeshObject {
  const listeners = ports.map((port) => ({ portMapping: { port, protocol: "http" } }));
  return meshObject("VirtualRouter", place, { listeners, routes });
}

describe("the view of a node", () => {
  test("has its listeners with App Mesh's standard time-outs, its egress filter and nothing of others", () => {
    add(aVirtualNode("shop/web", [8080, 80]), aVirtualNode("shop/other", [90]));
    expect(viewOf("shop/web")).toMatchObject({
      name: "web_shop",
      mesh: { name: "main", path: "main" },
      mode: "serve",
      egress: "DROP_ALL",
      services: [],
      targets: [],
      listeners: [
        { port: 80, protocol: "http", timeout: { perRequest: 15_000, idle: 300_000 } },
        { port: 8080, protocol: "http" },
      ],
    });
  });

  test("has a backend whose provider is a node: each of its listeners is reached", () => {
    add(
      aVirtualNode("shop/web", [80], backends("api")),
      aVirtualNode("shop/api", [9000, 9001]),
      service("shop/api", byNode("api")),
    );
    expect(viewOf("shop/web").services).toMatchObject([
      {
        name: "api.shop",
        provider: { kind: "node", target: "api_shop", ports: [9000, 9001] },
      },
    ]);
    expect(viewOf("shop/web").targets).toMatchObject([
      {
        name: "api_shop",
        discovery: { kind: "dns", hostname: "api.shop.svc.cluster.local", responseType: "LOADBALANCER" },
        listeners: [{ port: 9000 }, { port: 9001 }],
      },
    ]);
  });

  test("has a backend whose provider is a router: only the listeners that its routes reach", () => {
    add(
      aVirtualNode("shop/web", [80], backends("api")),
      aVirtualNode("shop/blue", [9000, 9001]),
      aVirtualNode("bank/green", [9000]),
      router("shop/api", [
        httpRoute("all", { "blue:9001": 3, "bank/green": 0 }, { timeout: { perRequest: { unit: "s", value: 60 } } }),
      ]),
      service("shop/api", byRouter("api"), { awsName: "api.shop.svc.cluster.local" }),
    );
    const view = viewOf("shop/web");
    expect(view.services[0]?.provider).toMatchObject({
      kind: "router",
      router: {
        name: "api_shop",
        listeners: [
          {
            port: 80,
            routes: [
              {
                name: "all",
                protocol: "http",
                match: { prefix: "/" },
                timeout: { perRequest: 60_000, idle: 300_000 },
                targets: [
                  { kind: "node", target: "blue_shop", port: 9001, weight: 3 },
                  { kind: "node", target: "green_bank", port: 9000, weight: 0 },
                ],
              },
            ],
          },
        ],
      },
    });
    expect(view.targets.map(({ name, listeners }) => [name, listeners.map(({ port }) => port)])).toEqual([
      ["blue_shop", [9001]],
      ["green_bank", [9000]],
    ]);
  });

  test("puts a route on the port that it names, and on every port of its protocol where it names none", () => {
    add(
      aVirtualNode("shop/web", [80], backends("api")),
      aVirtualNode("shop/api", [9000]),
      router("shop/api", [httpRoute("one", { api: 1 }, {}, { port: 81 }), httpRoute("both", { api: 1 })], [80, 81]),
      service("shop/api", byRouter("api")),
    );
    const { provider } = viewOf("shop/web").services[0] ?? {};
    const listeners = provider?.kind === "router" ? provider.router.listeners : [];
    expect(listeners.map(({ port, routes }) => [port, routes.map(({ name }) => name)])).toEqual([
      [80, ["both"]],
      [81, ["one", "both"]],
    ]);
  });

  test("has backends by ARN of its own mesh, of groups, and of a whole namespace, each once", () => {
    const arn = (mesh: string, name: string) => ({
      virtualService: { virtualServiceARN: `arn:aws:appmesh:us-west-2:1:mesh/${mesh}/virtualService/${name}` },
    });
    add(
      service("shop/a"),
      service("shop/b"),
      service("bank/c"),
      service("bank/d"),
      meshObject("BackendGroup", "shop/some", { virtualservices: [{ name: "b" }, { name: "a" }] }),
      aVirtualNode("shop/web", [80], {
        backends: [arn("main", "a.shop"), arn("other", "b.shop"), arn("main", "nobody")],
        backendGroups: [{ name: "some" }, { name: "*", namespace: "bank" }, { name: "missing" }],
      }),
    );
    expect(viewOf("shop/web").services.map(({ name }) => name)).toEqual(["a.shop", "b.shop", "c.bank", "d.bank"]);
    expect(problemsOf("VirtualNode", "shop/web")).toEqual([
      "other-mesh at spec.backends[1].virtualService",
      "missing-reference at spec.backends[2].virtualService",
      "missing-reference at spec.backendGroups[2]",
    ]);
  });

  test("takes the backend's client policy before the node's", () => {
    const policy = (path: string) => ({ tls: { validation: { trust: { file: { certificateChain: path } } } } });
    add(
      service("shop/a"),
      service("shop/b"),
      aVirtualNode("shop/web", [80], {
        backendDefaults: { clientPolicy: policy("/default") },
        backends: [
          { virtualService: { virtualServiceRef: { name: "a" }, clientPolicy: policy("/own") } },
          { virtualService: { virtualServiceRef: { name: "b" } } },
        ],
      }),
    );
    const trusts = viewOf("shop/web").services.map(
      ({ clientPolicy }) => clientPolicy?.tls?.validation.trust.file?.certificateChain,
    );
    expect(trusts).toEqual(["/own", "/default"]);
  });

  test("addresses a mesh of another account with its owner", () => {
    graph = new MeshGraph({
      mesh: "serve",
      accountId: "111111111111",
      clusterDomain: "cluster.local",
      discovery: "dns",
    });
    graph.apply([
      putNamespace(aNamespace("shop")),
      put(aMeshObject("main", { awsName: "real", meshOwner: "222222222222" })),
    ]);
    add(aVirtualNode("shop/web", [80]));
    expect(viewOf("shop/web").mesh).toMatchObject({ name: "real", path: "real@222222222222" });
  });
});

describe("what is missing is said, and the rest works", () => {
  test.each<[string, JsonObject, readonly string[]]>([
    ["no provider", {}, ["no-target at spec.provider"]],
    ["a node that is not there", byNode("nobody"), ["missing-reference at spec.provider.virtualNode"]],
    ["a router that is not there", byRouter("nobody"), ["missing-reference at spec.provider.virtualRouter"]],
    ["a node without listener", byNode("silent"), ["no-target at spec.provider.virtualNode"]],
    ["neither reference nor ARN", { virtualNode: {} }, ["no-reference at spec.provider.virtualNode"]],
    [
      "an ARN of another kind",
      { virtualNode: { virtualNodeARN: "arn:aws:appmesh:r:1:mesh/main" } },
      ["bad-arn at spec.provider.virtualNode"],
    ],
    ["both", { ...byNode("silent"), ...byRouter("x") }, ["ambiguous-field at spec.provider"]],
  ])("a service with %s answers nothing", (_, provider, problems) => {
    add(
      aVirtualNode("shop/silent", []),
      aVirtualNode("shop/web", [80], backends("api")),
      service("shop/api", provider),
    );
    expect(viewOf("shop/web").services).toMatchObject([{ name: "api.shop", provider: { kind: "none" } }]);
    expect(problemsOf("VirtualService", "shop/api")).toEqual(problems);
  });

  test.each<[string, JsonObject, readonly string[]]>([
    [
      "a target that is not there",
      httpRoute("r", { nobody: 1 }),
      ["missing-reference at spec.routes[0].httpRoute.action.weightedTargets[0]"],
    ],
    [
      "a port that the target has not",
      httpRoute("r", { "api:1": 1 }),
      ["port-mismatch at spec.routes[0].httpRoute.action.weightedTargets[0]"],
    ],
    [
      "no port where the target has two",
      httpRoute("r", { two: 1 }),
      ["port-mismatch at spec.routes[0].httpRoute.action.weightedTargets[0]"],
    ],
    [
      "a port that the router has not",
      httpRoute("r", { api: 1 }, {}, { port: 81 }),
      ["port-mismatch at spec.routes[0].httpRoute.match.port"],
    ],
    ["no weight", httpRoute("r", { api: 0 }), ["no-target at spec.routes[0].httpRoute.action.weightedTargets"]],
    ["no type", { name: "r" }, ["ambiguous-field at spec.routes[0]"]],
    [
      "a header that cannot be sent",
      httpRoute("r", { api: 1 }, {}, { headers: [{ name: "a\nb" }] }),
      ["never-matches at spec.routes[0].httpRoute.match.headers[0].name"],
    ],
    [
      "a prefix that no path has",
      httpRoute("r", { api: 1 }, {}, { prefix: "api" }),
      ["never-matches at spec.routes[0].httpRoute.match.prefix"],
    ],
    [
      "an expression that is none of RE2's",
      httpRoute("r", { api: 1 }, {}, { headers: [{ name: "a", match: { regex: "(?!b)" } }] }),
      ["bad-expression at spec.routes[0].httpRoute.match.headers[0].match.regex"],
    ],
    [
      "a path that is none of RE2's",
      httpRoute("r", { api: 1 }, {}, { path: { regex: "/(a" } }),
      ["bad-expression at spec.routes[0].httpRoute.match.path.regex"],
    ],
    [
      "a time-out that its target caps",
      httpRoute("r", { api: 1 }, { timeout: { perRequest: { unit: "s", value: 60 } } }),
      ["capped-timeout at spec.routes[0].httpRoute.action.weightedTargets[0]"],
    ],
    [
      "another protocol than the router",
      { name: "r", tcpRoute: { action: { weightedTargets: [{ virtualNodeRef: { name: "api" }, weight: 1 }] } } },
      ["protocol-mismatch at spec.routes[0].tcpRoute"],
    ],
    [
      "another protocol than the target",
      httpRoute("r", { plain: 1 }),
      ["protocol-mismatch at spec.routes[0].httpRoute.action.weightedTargets[0]"],
    ],
    [
      "gRPC, whose target speaks HTTP/1.1",
      grpcRoute({}),
      ["protocol-mismatch at spec.routes[0].grpcRoute.action.weightedTargets[0]"],
    ],
    [
      "a method without its service",
      grpcRoute({ methodName: "List" }),
      ["never-matches at spec.routes[0].grpcRoute.match.methodName"],
    ],
    [
      "metadata that nobody can send",
      grpcRoute({ metadata: [{ name: "a\nb" }] }),
      ["never-matches at spec.routes[0].grpcRoute.match.metadata[0].name"],
    ],
    [
      "a service written as a path",
      grpcRoute({ serviceName: "/a.B" }, "two:1"),
      [
        "never-matches at spec.routes[0].grpcRoute.match.serviceName",
        "protocol-mismatch at spec.routes[0].grpcRoute.action.weightedTargets[0]",
      ],
    ],
    [
      "metadata that none of RE2's expressions matches",
      grpcRoute({ metadata: [{ name: "a", match: { regex: "(?!b)" } }] }),
      ["bad-expression at spec.routes[0].grpcRoute.match.metadata[0].match.regex"],
    ],
  ])("a route with %s", (_, route, problems) => {
    const tcp = { listeners: [{ portMapping: { port: 5432, protocol: "tcp" } }] };
    add(
      aVirtualNode("shop/api", [9000]),
      aVirtualNode("shop/two", [1, 2]),
      aVirtualNode("shop/plain", [], tcp),
      router("shop/api", [route]),
    );
    expect(problemsOf("VirtualRouter", "shop/api")).toEqual(problems);
  });

  test("a longer time-out than the other end's 15 s, of a route or of a listener, is said with what ends requests, and what helps", () => {
    const minute = { perRequest: { unit: "s", value: 60 } };
    const slow = { listeners: [{ portMapping: { port: 9000, protocol: "http" }, timeout: { http: minute } }] };
    add(
      aVirtualNode("shop/api", [9000]),
      aVirtualNode("shop/slow", [], slow),
      router("shop/routes", [
        httpRoute("asks", { api: 1 }, { timeout: minute }, { prefix: "/asks" }),
        httpRoute("silent", { slow: 1 }, {}, { prefix: "/silent" }),
        httpRoute("both", { slow: 1 }, { timeout: minute }),
      ]),
    );
    expect(graph.problems(ref("VirtualRouter", "shop/routes"))).toMatchObject([
      {
        code: "capped-timeout",
        message: "requests end after 15 s, the time-out of port 9000 of api_shop, and not after 60 s as the route says",
        help: "give the node's listener the route's time-out too",
      },
      {
        code: "capped-timeout",
        message:
          "requests end after 15 s, the standard of a route that says nothing, and not after 60 s as port 9000 of slow_shop says",
        help: "give the route the listener's time-out too",
      },
    ]);
  });

  test("a route that never gets a request is said with the one that takes all of them", () => {
    add(
      aVirtualNode("shop/api", [9000]),
      router("shop/routes", [
        httpRoute("list", { api: 1 }, {}, { prefix: "/list" }),
        { ...httpRoute("all", { api: 1 }), priority: 3 },
      ]),
    );
    expect(graph.problems(ref("VirtualRouter", "shop/routes"))).toMatchObject([
      {
        code: "shadowed-route",
        path: "spec.routes[0]",
        message: "it never gets a request: route all, tried before it for its priority 3, takes all of them",
        help: "give it a smaller priority than that one has, give that one another match, or remove one of the two",
      },
    ]);
  });

  test("a share of the requests that nobody can answer stays in the view", () => {
    add(
      aVirtualNode("shop/web", [80], backends("api")),
      aVirtualNode("shop/api", [9000]),
      router("shop/api", [httpRoute("r", { api: 1, later: 1 })]),
      service("shop/api", byRouter("api")),
    );
    const targets = () => {
      const { provider } = viewOf("shop/web").services[0] ?? {};
      return provider?.kind === "router"
        ? provider.router.listeners[0]?.routes[0]?.targets.map(({ kind }) => kind)
        : [];
    };
    expect(targets()).toEqual(["node", "missing"]);
    // and it heals by itself
    expect(add(aVirtualNode("shop/later", [9000]))).toEqual(["VirtualNode/shop/later", "VirtualNode/shop/web"]);
    expect(targets()).toEqual(["node", "node"]);
    expect(problemsOf("VirtualRouter", "shop/api")).toEqual([]);
  });
});

describe("what is said of a reference to what is not there", () => {
  const said = () => graph.problems(ref("VirtualNode", "shop/web")).map(({ message, help }) => `${message}; ${help}`);
  const found = "VirtualService/shop/api is not there";
  const none = `${found}; create it, or correct the reference`;
  const elsewhere = (namespace: string) =>
    `${found}; create it, or write the namespace of the one that is meant: there is one in ${namespace}`;

  beforeEach(() => {
    add(aVirtualNode("shop/web", [80], backends("shop/api")));
  });

  test("names the namespaces of the mesh that have one of that name, as they come and go", () => {
    expect(said()).toEqual([none]);
    add(service("bank/api"));
    expect(said()).toEqual([elsewhere("bank")]);
    graph.apply([putNamespace(aNamespace("bank", { mesh: "other" }))]);
    expect(said()).toEqual([none]);
    graph.apply([putNamespace(aNamespace("bank")), gone(ref("VirtualService", "bank/api"))]);
    expect(said()).toEqual([none]);
  });

  test("names the object that has the name in App Mesh", () => {
    add(service("bank/ledger", {}, { awsName: "api" }));
    expect(said()).toEqual([
      `${found}; write name: ledger, namespace: bank, the name of the object whose awsName this is`,
    ]);
  });

  test("says that it is there, and cannot be read", () => {
    const api = ref("VirtualService", "shop/api");
    const refused = [{ path: "spec.provider", message: "expected an object, found null" }];
    graph.apply([{ kind: "object", ref: api, before: undefined, after: undefined, refused }]);
    expect(said()).toEqual([
      "VirtualService/shop/api cannot be read; correct that object first: what is wrong is said of it",
    ]);
    graph.apply([gone(api)]);
    expect(said()).toEqual([none]);
  });

  test("goes for groups too", () => {
    add(
      aVirtualNode("shop/web", [80], { backendGroups: [{ name: "some" }] }),
      meshObject("BackendGroup", "bank/some", { virtualservices: [] }),
    );
    expect(said()).toEqual([
      "BackendGroup/shop/some is not there; create it, or write the namespace of the one that is meant: there is one in bank",
    ]);
  });
});

describe("what is said of membership", () => {
  const mesh = (name: string, label: string) =>
    add(aMeshObject(name, { namespaceSelector: { matchLabels: { mesh: label } } }));
  const said = (kind: ObjectRef["kind"], place: string) =>
    graph.problems(ref(kind, place)).map(({ message, help }) => `${message}; ${help}`);

  test("names the labels that are wanted, or that there is no Mesh at all", () => {
    graph.apply([putNamespace(aNamespace("shop", {})), gone(ref("Mesh", "main"))]);
    add(aVirtualNode("shop/web", [80]));
    expect(said("VirtualNode", "shop/web")).toEqual([
      "there is no Mesh, so namespace shop is in none; create the Mesh first, with a namespaceSelector that selects it",
    ]);
    for (const name of ["a", "b", "c", "d"]) mesh(name, name);
    expect(said("VirtualNode", "shop/web")).toEqual([
      "no Mesh selects namespace shop; label the namespace as a Mesh's namespaceSelector wants it: a wants mesh=a, b wants mesh=b, c wants mesh=c and 1 more",
    ]);
  });

  test("names the Mesh that cannot be read, until it can be or is gone", () => {
    const main = ref("Mesh", "main");
    const refused = [{ path: "spec.egressFilter", message: "expected an object, found null" }];
    graph.apply([gone(main), { kind: "object", ref: main, before: undefined, after: undefined, refused }]);
    add(aVirtualNode("shop/web", [80]));
    expect(said("VirtualNode", "shop/web")).toEqual([
      "Mesh main cannot be read, so namespace shop is in none; correct that Mesh first: what is wrong is said of it",
    ]);
    graph.apply([gone(main)]);
    expect(said("VirtualNode", "shop/web")).toEqual([expect.stringContaining("there is no Mesh")]);
    graph.apply([put(aMeshObject("main"))]);
    expect(said("VirtualNode", "shop/web")).toEqual([]);
  });

  test("asks for a selector where no Mesh has one", () => {
    graph.apply([put(meshObject("Mesh", "main", {}))]);
    add(aVirtualNode("shop/web", [80]));
    expect(said("VirtualNode", "shop/web")).toEqual([
      "no Mesh selects namespace shop; give Mesh main a namespaceSelector: without one it selects no namespace",
    ]);
  });

  test("names the Mesh that a reference means", () => {
    graph.apply([putNamespace(aNamespace("shop", {}))]);
    mesh("main", "main");
    add(aVirtualNode("shop/web", [80], { meshRef: { name: "main", uid: "1" } }));
    add(aVirtualNode("shop/api", [80], { meshRef: { name: "gone", uid: "1" } }));
    expect(said("VirtualNode", "shop/web")).toEqual([
      "it names Mesh main, which does not select namespace shop; label the namespace as the Mesh wants it: mesh=main; or delete the object and create it again without the field",
    ]);
    expect(said("VirtualNode", "shop/api")).toEqual([
      "it names Mesh gone, which is not there; create that Mesh; or delete the object and create it again without the field",
    ]);
  });

  test("two Meshes that select one namespace are told, and no longer once they do not", () => {
    graph.apply([putNamespace(aNamespace("shop", { mesh: "main" }))]);
    mesh("main", "main");
    mesh("second", "main");
    expect(said("Mesh", "main")).toEqual([
      "it selects namespaces bank, shop, as Mesh second does, so new objects there are in no mesh; change one of the two namespaceSelectors so that no namespace fits both",
    ]);
    graph.apply(["shop", "bank"].map((name) => putNamespace(aNamespace(name, { mesh: "other" }))));
    expect([...said("Mesh", "main"), ...said("Mesh", "second")]).toEqual([]);
  });
});

describe("an object is in", () => {
  const selected = (name: string) => put(aMeshObject(name, { namespaceSelector: { matchLabels: { mesh: "main" } } }));

  test("no mesh where none selects its namespace", () => {
    graph.apply([putNamespace(aNamespace("shop", {}))]);
    add(aVirtualNode("shop/web", [80]));
    expect(graph.view(ref("VirtualNode", "shop/web"))).toBeUndefined();
    expect(problemsOf("VirtualNode", "shop/web")).toEqual(["no-mesh"]);
  });

  test("no mesh where two select it, until it names one of them", () => {
    graph.apply([selected("second")]);
    add(aVirtualNode("shop/web", [80]));
    expect(problemsOf("VirtualNode", "shop/web")).toEqual(["ambiguous-mesh"]);
    add(aVirtualNode("shop/web", [80], { meshRef: { name: "second", uid: "u" } }));
    expect(viewOf("shop/web").mesh.name).toBe("second");
  });

  test("no mesh that does not select it, unless its status shows that it was", () => {
    graph.apply([put(aMeshObject("red"))]);
    const spec = { meshRef: { name: "red", uid: "u" } };
    add(aVirtualNode("shop/web", [80], spec));
    expect(problemsOf("VirtualNode", "shop/web")).toEqual(["mesh-not-selected at spec.meshRef"]);
    add(acceptedAs(aVirtualNode("shop/web", [80], spec), "mesh/red/virtualNode/web_shop"));
    expect(viewOf("shop/web").mesh.name).toBe("red");
  });

  test("the mesh that it is in, whatever its namespace is labelled afterwards: groups and routes too", () => {
    const meshRef = { name: "main", uid: "u" };
    const spec = { meshRef, backendGroups: [{ name: "all" }] };
    const action = { target: { virtualService: { virtualServiceRef: { name: "api" } } } };
    const virtualGatewayRef = { name: "door", namespace: "shop", uid: "u" };
    const route = { meshRef, virtualGatewayRef, httpRoute: { match: { prefix: "/" }, action } };
    add(
      acceptedAs(aVirtualNode("shop/web", [80], spec), "mesh/main/virtualNode/web_shop"),
      meshObject("BackendGroup", "shop/all", { meshRef, virtualservices: [{ name: "api" }] }),
      acceptedAs(service("shop/api", byNode("web"), { meshRef }), "mesh/main/virtualService/api.shop"),
      acceptedAs(
        meshObject("VirtualGateway", "shop/door", { meshRef, namespaceSelector: { matchLabels: { mesh: "main" } } }),
        "mesh/main/virtualGateway/door_shop",
      ),
      acceptedAs(
        meshObject("GatewayRoute", "shop/all", route),
        "mesh/main/virtualGateway/door_shop/gatewayRoute/all_shop",
      ),
    );
    const seen = () => [graph.view(ref("VirtualNode", "shop/web")), graph.view(ref("VirtualGateway", "shop/door"))];
    const before = seen();
    expect(before).toMatchObject([{ services: [{ name: "api.shop" }] }, { routes: [{ name: "all_shop" }] }]);
    expect(dirtyAfter(putNamespace(aNamespace("shop", { mesh: "second" })))).toEqual([]);
    expect(seen()).toEqual(before);
    expect(problemsOf("BackendGroup", "shop/all")).toEqual([]);
  });

  test("another mesh than what it refers to: that is a problem", () => {
    graph.apply([put(aMeshObject("red")), putNamespace(aNamespace("far", { mesh: "red" }))]);
    add(service("far/api"), aVirtualNode("shop/web", [80], backends("far/api")));
    expect(viewOf("shop/web").services).toEqual([]);
    expect(problemsOf("VirtualNode", "shop/web")).toEqual(["other-mesh at spec.backends[0].virtualService"]);
  });
});

describe("a name in App Mesh", () => {
  const older = { creationTimestamp: "2026-01-01T00:00:00Z" };
  const younger = { creationTimestamp: "2026-02-01T00:00:00Z" };

  test.each<[string, string, readonly [string, JsonObject], readonly [string, JsonObject], string]>([
    [
      "is that of the namespace that it speaks of",
      "web_shop",
      ["bank/web", older],
      ["shop/other", younger],
      "shop/other",
    ],
    ["is that of the older object", "one", ["bank/web", younger], ["shop/web", older], "shop/web"],
    ["is that of the first where both are of one age", "one", ["shop/web", older], ["bank/web", older], "bank/web"],
  ])("%s, and both carry the problem", (_, awsName, [first, one], [second, other], winner) => {
    add(aVirtualNode(first, [80], { awsName }, one), aVirtualNode(second, [80], { awsName }, other));
    expect(graph.views().map(({ object }) => keyOf(object))).toEqual([`VirtualNode/${winner}`]);
    for (const place of [first, second]) {
      expect(problemsOf("VirtualNode", place)).toContain("name-claimed-twice at spec.awsName");
    }
  });

  test("stays whose it was, whoever takes it up later and is older", () => {
    const holder = acceptedAs(aVirtualNode("shop/web", [80], { awsName: "one" }, younger), "mesh/main/virtualNode/one");
    const taker = acceptedAs(
      aVirtualNode("bank/web", [80], { awsName: "one" }, older),
      "mesh/main/virtualNode/web_bank",
    );
    add(holder, taker);
    expect(viewOf("shop/web").name).toBe("one");
    expect(graph.view(ref("VirtualNode", "bank/web"))).toBeUndefined();
    // an ARN of another mesh shows nothing about this one
    add({ ...holder, arns: { virtualNodeARN: `${ARN}mesh/red/virtualNode/one` } } as unknown as MeshObject);
    expect(viewOf("bank/web").name).toBe("one");
    // until its mesh is the one that has that name in App Mesh
    add(aMeshObject("main", { awsName: "red" }));
    expect(viewOf("shop/web").name).toBe("one");
    add(aMeshObject("main"), { ...holder, conditions: [{ type: "Accepted", status: "False" }] } as MeshObject);
    expect(viewOf("bank/web").name).toBe("one");
  });

  test("passes to the other claimant when its owner goes", () => {
    const spec = { awsName: "one" };
    add(aVirtualNode("shop/web", [80], spec, older), aVirtualNode("bank/web", [80], spec, younger));
    expect(dirtyAfter(gone(ref("VirtualNode", "shop/web")))).toEqual(["VirtualNode/bank/web", "VirtualNode/shop/web"]);
    expect(problemsOf("VirtualNode", "bank/web")).toEqual([]);
  });

  test("that speaks of another namespace is a problem, and refused where names are strict", () => {
    add(aVirtualNode("bank/web", [80], { awsName: "web_shop" }));
    expect(problemsOf("VirtualNode", "bank/web")).toEqual(["name-of-another-namespace at spec.awsName"]);
    expect(viewOf("bank/web").name).toBe("web_shop");
    add(aMeshObject("main", {}, { "outrigger.dev/names": "strict" }));
    expect(graph.view(ref("VirtualNode", "bank/web"))).toBeUndefined();
  });

  test("that speaks of a namespace outside of the mesh is a way out of the mesh, and a problem only where names are strict", () => {
    graph.apply([putNamespace(aNamespace("outside", {}))]);
    add(aVirtualNode("bank/web", [80], { awsName: "api_outside" }));
    expect(problemsOf("VirtualNode", "bank/web")).toEqual([]);
    graph.apply([putNamespace(aNamespace("outside"))]);
    expect(problemsOf("VirtualNode", "bank/web")).toEqual(["name-of-another-namespace at spec.awsName"]);
    graph.apply([putNamespace(aNamespace("outside", {}))]);
    add(aMeshObject("main", {}, { "outrigger.dev/names": "strict" }));
    expect(problemsOf("VirtualNode", "bank/web")).toEqual(["name-of-another-namespace at spec.awsName"]);
  });

  test("is refused by strictness from when the namespace that it speaks of is there, until it is gone", () => {
    add(
      aMeshObject("main", {}, { "outrigger.dev/names": "strict" }),
      aVirtualNode("bank/web", [80], { awsName: "web_later" }),
    );
    expect(viewOf("bank/web").name).toBe("web_later");
    expect(dirtyAfter(putNamespace(aNamespace("later")))).toEqual(["VirtualNode/bank/web"]);
    expect(graph.view(ref("VirtualNode", "bank/web"))).toBeUndefined();
    expect(dirtyAfter(goneNamespace("later"))).toEqual(["VirtualNode/bank/web"]);
  });

  test.each(["WS.shop.svc.cluster.local", "ws.shop.svc.cluster.local."])(
    "of a service is a host: %s is that of the older object, which keeps it for whoever calls either",
    (same) => {
      const provider = (name: string) => ({ provider: { virtualNode: { virtualNodeRef: { name } } } });
      const older = { awsName: "ws.shop.svc.cluster.local", ...provider("web") };
      add(
        aVirtualNode("shop/web", [80]),
        aVirtualNode("shop/api", [80]),
        meshObject("VirtualService", "shop/ws", older, { creationTimestamp: "2026-01-01T00:00:00Z" }),
        meshObject(
          "VirtualService",
          "shop/up",
          { awsName: same, ...provider("api") },
          { creationTimestamp: "2026-02-01T00:00:00Z" },
        ),
        aVirtualNode("shop/client", [80], backends("up", "ws")),
      );
      expect(viewOf("shop/client").services.map(({ name, object }) => [name, object.name])).toEqual([
        ["ws.shop.svc.cluster.local", "ws"],
      ]);
      for (const place of ["shop/ws", "shop/up"]) {
        expect(problemsOf("VirtualService", place)).toContain("name-claimed-twice at spec.awsName");
      }
      expect(problemsOf("VirtualNode", "shop/client")).toContain("backend-twice at spec.backends[1].virtualService");
    },
  );

  test.each(["http://web.shop", "web.shop:80", "w*.shop"])(
    "%j of a service is one that no request asks for",
    (awsName) => {
      add(meshObject("VirtualService", "shop/odd", { awsName }));
      expect(problemsOf("VirtualService", "shop/odd")).toContain("never-matches at spec.awsName");
    },
  );

  test("that speaks of a namespace that is not there is nobody's", () => {
    add(aVirtualNode("bank/web", [80], { awsName: "web_elsewhere" }));
    expect(problemsOf("VirtualNode", "bank/web")).toEqual([]);
  });
});

describe("what a node shares with other namespaces", () => {
  const shared = (namespaces: string): MeshObject =>
    aVirtualNode("shop/web", [80], {}, { annotations: { "outrigger.dev/namespaces": namespaces } });

  test.each(["bank", "*", "bank,not-there-yet"])("may be %s", (namespaces) => {
    add(shared(namespaces));
    expect(problemsOf("VirtualNode", "shop/web")).toEqual([]);
  });

  test.each(["Bank", "", "bank,,"])("cannot be %j, which is a problem", (namespaces) => {
    add(shared(namespaces));
    expect(problemsOf("VirtualNode", "shop/web")).toEqual(["bad-annotation"]);
  });

  test("is a problem where the mesh does not select the namespace, until it does", () => {
    graph.apply([putNamespace(aNamespace("other", {}))]);
    add(shared("other"));
    expect(problemsOf("VirtualNode", "shop/web")).toEqual(["bad-annotation"]);
    graph.apply([putNamespace(aNamespace("other"))]);
    expect(problemsOf("VirtualNode", "shop/web")).toEqual([]);
  });
});

describe("pods that two nodes select", () => {
  const selecting = (place: string, matchLabels: JsonObject): MeshObject =>
    aVirtualNode(place, [80], { podSelector: { matchLabels } });

  test("are a problem of the node whose pods are all the other's too, until one changes", () => {
    add(selecting("shop/web", { app: "web" }), selecting("shop/web-v2", { app: "web", version: "v2" }));
    expect(problemsOf("VirtualNode", "shop/web-v2")).toEqual(["ambiguous-pods at spec.podSelector"]);
    expect(problemsOf("VirtualNode", "shop/web")).toEqual([]);
    add(selecting("shop/web", { app: "web", version: "v1" }));
    expect(problemsOf("VirtualNode", "shop/web-v2")).toEqual([]);
  });

  test("are a problem of both where they select the same, and of a gateway", () => {
    const gateway = meshObject("VirtualGateway", "shop/door", {
      podSelector: { matchLabels: { app: "web" } },
      listeners: [{ portMapping: { port: 8088, protocol: "http" } }],
    });
    add(selecting("shop/web", { app: "web" }), gateway);
    expect(problemsOf("VirtualNode", "shop/web")).toEqual(["ambiguous-pods at spec.podSelector"]);
    expect(problemsOf("VirtualGateway", "shop/door")).toContain("ambiguous-pods at spec.podSelector");
  });

  test("are none where the other node is of another namespace, or selects nobody", () => {
    add(
      selecting("shop/web", { app: "web" }),
      selecting("bank/web", { app: "web" }),
      aVirtualNode("shop/nobody", [80]),
    );
    expect(problemsOf("VirtualNode", "shop/web")).toEqual([]);
  });
});

test("a selector that Kubernetes would not take is a problem of whatever has it", () => {
  const flawed = { matchExpressions: [{ key: "app", operator: "in", values: ["a"] }] };
  add(
    aVirtualNode("shop/web", [80], { podSelector: flawed }),
    meshObject("VirtualGateway", "shop/door", {
      namespaceSelector: flawed,
      listeners: [{ portMapping: { port: 8088, protocol: "http" } }],
    }),
    aMeshObject("other", { namespaceSelector: flawed }),
  );
  expect(problemsOf("VirtualNode", "shop/web")).toEqual([
    "bad-selector at spec.podSelector.matchExpressions[0].operator",
  ]);
  expect(problemsOf("VirtualGateway", "shop/door")).toContain(
    "bad-selector at spec.namespaceSelector.matchExpressions[0].operator",
  );
  expect(problemsOf("Mesh", "other")).toEqual(["bad-selector at spec.namespaceSelector.matchExpressions[0].operator"]);
});

test.each(["http://web.shop", "web.shop:80"])("a node that is found by %j is found nowhere", (hostname) => {
  add(aVirtualNode("shop/web", [80], { serviceDiscovery: { dns: { hostname } } }));
  expect(problemsOf("VirtualNode", "shop/web")).toEqual(["no-discovery at spec.serviceDiscovery.dns.hostname"]);
});

describe("the access log of a node", () => {
  const logged = (file: JsonObject): MeshObject => aVirtualNode("shop/web", [80], { logging: { accessLog: { file } } });

  test.each<JsonObject>([
    { path: "/dev/stdout" },
    { path: "/dev/stderr", format: { text: "%START_TIME% %REQ(:PATH)%\n" } },
    { path: "/dev/stdout", format: { json: [{ key: "%NOPE%", value: "%RESPONSE_CODE%" }] } },
  ])("%j is written", (file) => {
    add(logged(file));
    expect(viewOf("shop/web").accessLog).toEqual(file);
    expect(problemsOf("VirtualNode", "shop/web")).toEqual([]);
  });

  test.each<[string, JsonObject]>([
    ["path", { path: "/var/log/envoy.log" }],
    ["path", { path: "/dev/stdout/../../etc/passwd" }],
    ["path", { path: "/proc/self/fd/1" }],
    ["format.text", { path: "/dev/stdout", format: { text: "%ENVIRONMENT(AWS_SECRET_ACCESS_KEY)%" } }],
    ["format.text", { path: "/dev/stdout", format: { text: "a".repeat(4097) } }],
    [
      "format.json[1].value",
      {
        format: {
          json: [
            { key: "a", value: "b" },
            { key: "c", value: "%" },
          ],
        },
      },
    ],
    ["format.json", { format: { json: [{ key: "a".repeat(4000), value: "b".repeat(100) }] } }],
    ["format.json", { format: { json: Array.from({ length: 101 }, () => ({ key: "a", value: "b" })) } }],
  ])("is none where Envoy could not write it: a problem at %s, and the rest is served", (where, file) => {
    add(logged({ path: "/dev/stdout", ...file }));
    expect(viewOf("shop/web")).toMatchObject({ accessLog: undefined, mode: "serve", listeners: [{ port: 80 }] });
    expect(problemsOf("VirtualNode", "shop/web")).toEqual([`bad-access-log at spec.logging.accessLog.file.${where}`]);
  });
});

describe("the addresses of a service", () => {
  const tcp = (place: string, port = 5432): MeshObject =>
    aVirtualNode(place, [], { listeners: [{ portMapping: { port, protocol: "tcp" } }] });
  const addressesOf = (place: string): unknown =>
    Object.fromEntries(viewOf(place).services.map(({ name, addresses }) => [name, addresses]));

  beforeEach(() => {
    add(tcp("shop/db"), service("shop/db", byNode("db")), tcp("bank/cache"), service("bank/cache", byNode("cache")));
    add(aVirtualNode("shop/api", [80]), service("shop/api", byNode("api")));
    add(aVirtualNode("shop/web", [], backends("db", "bank/cache", "api")));
  });

  test("are those of its Kubernetes Service where TCP is called, and change only views that name it", () => {
    add(aVirtualNode("shop/other", [80], backends("api")));
    expect(addressesOf("shop/web")).toEqual({ "api.shop": undefined, "cache.bank": undefined, "db.shop": undefined });
    expect(dirtyAfter(putService("shop/db", "10.96.0.1", "fd00::1"))).toEqual(["VirtualNode/shop/web"]);
    expect(dirtyAfter(putService("shop/api", "10.96.0.3"), putService("shop/unused", "10.96.0.4"))).toEqual([]);
    expect(addressesOf("shop/web")).toMatchObject({ "api.shop": undefined, "db.shop": ["10.96.0.1", "fd00::1"] });
    expect(dirtyAfter(goneService("shop/db"))).toEqual(["VirtualNode/shop/web"]);
    expect(addressesOf("shop/web")).toMatchObject({ "db.shop": undefined });
  });

  test("stand at an HTTP service too, on a port where TCP is called", () => {
    graph.apply([putService("shop/api", "10.96.0.3")]);
    expect(dirtyAfter(put(tcp("shop/db", 80)))).toContain("VirtualNode/shop/web");
    expect(addressesOf("shop/web")).toMatchObject({ "api.shop": ["10.96.0.3"] });
  });

  test("stand at every service of a mesh that lets everything out, but those of a headless one, an alias and a short name", () => {
    add(
      aMeshObject("main", { egressFilter: { type: "ALLOW_ALL" } }),
      aVirtualNode("shop/front", [80], backends("api")),
    );
    const own = { ports: [80], headless: false, addresses: ["10.96.0.3"] };
    expect(addressesOf("shop/front")).toEqual({ "api.shop": undefined });
    expect(dirtyAfter(putFacts("shop/api", own))).toContain("VirtualNode/shop/front");
    expect(addressesOf("shop/front")).toEqual({ "api.shop": ["10.96.0.3"] });
    expect(dirtyAfter(putFacts("shop/api", { ...own, headless: true }))).toContain("VirtualNode/shop/front");
    expect(addressesOf("shop/front")).toEqual({ "api.shop": undefined });
    expect(dirtyAfter(putFacts("shop/api", { ...own, headless: true, addresses: ["10.1.0.7"] }))).toEqual([]);
    graph.apply([putFacts("shop/api", { ...own, addresses: undefined })]);
    expect(addressesOf("shop/front")).toEqual({ "api.shop": undefined });
    graph.apply([putFacts("shop/api", own)]);
    add(service("shop/api", byNode("api"), { awsName: "api" }));
    expect(addressesOf("shop/front")).toEqual({ api: undefined });
  });

  test.each([
    ["db", "shop/db"],
    ["DB.shop.svc.cluster.local.", "shop/db"],
    ["db.bank.svc", "bank/db"],
  ])("are found by the name that apps call, %s", (awsName, place) => {
    graph.apply([putService(place, "10.96.0.9")]);
    add(service("shop/db", byNode("db"), { awsName }));
    expect(addressesOf("shop/web")).toMatchObject({ [awsName]: ["10.96.0.9"] });
  });

  test.each(["db.shop.svc.clusterset.local", "db.example.com", "db-0.db.bank.svc.cluster.local"])(
    "are not known of %s",
    (awsName) => {
      graph.apply([putService("shop/db", "10.96.0.9")]);
      add(service("shop/db", byNode("db"), { awsName }));
      expect(addressesOf("shop/web")).toMatchObject({ [awsName]: undefined });
    },
  );

  test.each(["db-0.db", "db-0.db.shop.svc", "DB-0.db.shop.svc.cluster.local"])(
    "of one endpoint of a Service, %s, are that endpoint's",
    (awsName) => {
      add(service("shop/db", byNode("db"), { awsName }));
      graph.apply([putFacts("shop/db", { addresses: ["10.1.0.7"], endpoints: new Map([["db-1", ["10.1.0.7"]]]) })]);
      expect(addressesOf("shop/web")).toMatchObject({ [awsName]: [] });
      const both = new Map([
        ["db-0", ["10.1.0.8"]],
        ["db-1", ["10.1.0.7"]],
      ]);
      const came = putFacts("shop/db", { addresses: ["10.1.0.7", "10.1.0.8"], endpoints: both });
      expect(dirtyAfter(came)).toEqual(["VirtualNode/shop/web"]);
      expect(addressesOf("shop/web")).toMatchObject({ [awsName]: ["10.1.0.8"] });
      graph.apply([putFacts("shop/db", { addresses: undefined })]);
      expect(addressesOf("shop/web")).toMatchObject({ [awsName]: undefined });
    },
  );

  test("of a short name are those that the search list finds: an endpoint at home before a Service elsewhere", () => {
    add(service("shop/db", byNode("db"), { awsName: "db-0.bank" }));
    graph.apply([putService("bank/db-0", "10.96.0.9")]);
    expect(addressesOf("shop/web")).toMatchObject({ "db-0.bank": ["10.96.0.9"] });
    graph.apply([putFacts("shop/bank", { endpoints: new Map([["db-0", ["10.1.0.8"]]]) })]);
    expect(addressesOf("shop/web")).toMatchObject({ "db-0.bank": ["10.1.0.8"] });
  });

  test("are known and none where a Service has no endpoints, which is no problem; an alias is not known", () => {
    graph.apply([putFacts("shop/db", {}), putService("bank/cache", "10.96.0.2")]);
    expect(addressesOf("shop/web")).toMatchObject({ "db.shop": [] });
    graph.apply([putFacts("bank/cache", {})]);
    expect(problemsOf("VirtualNode", "shop/web")).toEqual([]);
    graph.apply([putFacts("shop/db", { addresses: undefined }), putFacts("bank/cache", { addresses: undefined })]);
    expect(addressesOf("shop/web")).toMatchObject({ "db.shop": undefined });
    expect(problemsOf("VirtualNode", "shop/web")).toEqual(["alike-services at spec.backends"]);
  });

  test("tell two TCP services of a port apart; where two are not known, or two are the same, that is a problem", () => {
    const alike = ["alike-services at spec.backends"];
    expect(problemsOf("VirtualNode", "shop/web")).toEqual(alike);
    graph.apply([putService("shop/db", "10.96.0.1")]);
    expect(problemsOf("VirtualNode", "shop/web")).toEqual([]);
    graph.apply([putService("bank/cache", "10.96.0.1")]);
    expect(problemsOf("VirtualNode", "shop/web")).toEqual(alike);
    graph.apply([putService("bank/cache", "10.96.0.2")]);
    expect(problemsOf("VirtualNode", "shop/web")).toEqual([]);
  });

  test("one TCP service of unknown address beside HTTP on its port is a problem", () => {
    graph.apply([putService("bank/cache", "10.96.0.2")]);
    expect(problemsOf("VirtualNode", "shop/web")).toEqual([]);
    add(tcp("shop/db", 80));
    expect(problemsOf("VirtualNode", "shop/web")).toEqual(["alike-services at spec.backends"]);
    graph.apply([putService("shop/db", "10.96.0.1")]);
    expect(problemsOf("VirtualNode", "shop/web")).toEqual([]);
    graph.apply([putService("shop/api", "10.96.0.1")]);
    expect(problemsOf("VirtualNode", "shop/web")).toEqual(["alike-services at spec.backends"]);
  });
});

describe("a Service that is named", () => {
  const OF_SERVICE = ["no-service at spec.provider.virtualNode"];
  const OF_ROUTER = ["no-service at spec.routes[0].httpRoute.action.weightedTargets[0]"];
  const routed = (ports: Parameters<typeof httpRoute>[1]): MeshObject => router("shop/r", [httpRoute("r", ports)]);

  beforeEach(() => {
    add(aVirtualNode("shop/web", [8080]), service("shop/api", byNode("web"), { awsName: "api.example.com" }));
    add(routed({ web: 1 }));
  });

  test("is not missed before anything is known of Services", () => {
    expect(problemsOf("VirtualService", "shop/api")).toEqual([]);
  });

  test("must be there, and have the port that is called, where somebody calls the node", () => {
    graph.apply([putFacts("shop/other", {})]);
    expect(problemsOf("VirtualService", "shop/api")).toEqual(OF_SERVICE);
    expect(problemsOf("VirtualRouter", "shop/r")).toEqual(OF_ROUTER);
    graph.apply([putFacts("shop/web", { ports: [80], headless: false })]);
    expect(problemsOf("VirtualService", "shop/api")).toEqual(OF_SERVICE);
    expect(problemsOf("VirtualRouter", "shop/r")).toEqual(OF_ROUTER);
    graph.apply([putFacts("shop/web", { ports: [80, 8080], headless: false })]);
    expect(problemsOf("VirtualService", "shop/api")).toEqual([]);
    expect(problemsOf("VirtualRouter", "shop/r")).toEqual([]);
  });

  test("is not asked for ports that nobody calls: those of a front behind an Ingress, or one of several", () => {
    graph.apply([putFacts("shop/web", { ports: [8080], headless: false })]);
    add(aVirtualNode("shop/front", [8080]), aVirtualNode("shop/web", [8080, 9000]));
    expect(problemsOf("VirtualNode", "shop/front")).toEqual([]);
    expect(problemsOf("VirtualService", "shop/api")).toEqual([]);
  });

  test.each([
    ["a headless one, whose pods are called on their own ports", { ports: [80], headless: true }],
    ["an alias", { addresses: undefined, ports: [] }],
  ])("may be %s", (_, facts) => {
    graph.apply([putFacts("shop/web", facts)]);
    expect(problemsOf("VirtualService", "shop/api")).toEqual([]);
  });

  test.each([
    ["db.example.com", []],
    ["example.com", []],
    ["localhost", []],
    ["*.shop", []],
    ["db", OF_SERVICE],
    ["db.bank", OF_SERVICE],
    ["db.later.svc", OF_SERVICE],
  ])("by %s, where there are others only: %j", (hostname, problems) => {
    graph.apply([putFacts("shop/other", {})]);
    add(aVirtualNode("shop/web", [80], { serviceDiscovery: { dns: { hostname } } }));
    expect(problemsOf("VirtualService", "shop/api")).toEqual(problems);
  });

  test.each([
    ["by reference", { virtualServiceRef: { name: "called" } }],
    [
      "by ARN",
      { virtualServiceARN: "arn:aws:appmesh:r:000000000000:mesh/main/virtualService/called.shop.svc.cluster.local" },
    ],
  ])(
    "by a virtual service must be there for apps to look it up, but not where gateways alone send to it, %s",
    (_, virtualService) => {
      graph.apply([putFacts("shop/web", { ports: [8080] })]);
      add(service("shop/called", byNode("web"), { awsName: "called.shop.svc.cluster.local" }));
      expect(problemsOf("VirtualService", "shop/called")).toEqual(["no-service at spec.awsName"]);
      const action = { target: { virtualService } };
      add(meshObject("GatewayRoute", "shop/r", { httpRoute: { match: { prefix: "/" }, action } }));
      expect(problemsOf("VirtualService", "shop/called")).toEqual([]);
    },
  );

  test("by a wildcard is none", () => {
    graph.apply([putFacts("shop/web", { ports: [8080] })]);
    add(service("shop/all", byNode("web"), { awsName: "*.shop" }));
    expect(problemsOf("VirtualService", "shop/all")).toEqual([]);
  });
});

describe("the IP preference", () => {
  const cloudMap = (more: JsonObject) => ({ awsCloudMap: { namespaceName: "pvt.local", serviceName: "api", ...more } });
  const dns = (more: JsonObject) => ({ dns: { hostname: "api.shop", ...more } });

  test.each<[string, JsonObject, string | undefined, string | undefined]>([
    ["of the node", dns({ ipPreference: "IPv6_ONLY" }), "IPv4_ONLY", "IPv6_ONLY"],
    ["of the mesh, where the node says nothing", dns({}), "IPv4_PREFERRED", "IPv4_PREFERRED"],
    [
      "of a node that is found by Cloud Map",
      cloudMap({ ipPreference: "IPv6_PREFERRED" }),
      "IPv4_ONLY",
      "IPv6_PREFERRED",
    ],
    ["of its mesh", cloudMap({}), "IPv6_ONLY", "IPv6_ONLY"],
    ["of nobody", dns({}), undefined, undefined],
  ])("%s is that of its callers and of its own proxy", (_, serviceDiscovery, ofMesh, expected) => {
    const meshServiceDiscovery = ofMesh === undefined ? {} : { meshServiceDiscovery: { ipPreference: ofMesh } };
    add(
      aMeshObject("main", meshServiceDiscovery),
      aVirtualNode("shop/api", [80], { serviceDiscovery }),
      service("shop/api", byNode("api")),
      aVirtualNode("shop/web", [80], backends("api")),
    );
    expect(viewOf("shop/api").ipPreference).toBe(expected);
    expect(viewOf("shop/web").targets[0]?.discovery).toMatchObject({ ipPreference: expected });
  });
});

test("a listener on a port of the sidecar's is left out, and the others are served", () => {
  add(aVirtualNode("shop/web", [8080, 9901]));
  expect(viewOf("shop/web").listeners.map(({ port }) => port)).toEqual([8080]);
  expect(problemsOf("VirtualNode", "shop/web")).toEqual(["sidecar-port at spec.listeners[1].portMapping.port"]);
});

test("a router without a route is one that nobody answers for", () => {
  add(meshObject("VirtualRouter", "shop/late", { listeners: [{ portMapping: { port: 80, protocol: "http" } }] }));
  expect(problemsOf("VirtualRouter", "shop/late")).toEqual(["no-target at spec.routes"]);
});

describe("a certificate of ACM", () => {
  const acm = (mode: string) => ({ mode, certificate: { acm: { certificateARN: "arn" } } });
  const node = (hostname: string, mode = "STRICT") =>
    aVirtualNode("shop/api", [80], {
      listeners: [{ portMapping: { port: 80, protocol: "http" }, tls: acm(mode) }],
      serviceDiscovery: { dns: { hostname } },
    });

  test("names the node by its Service", () => {
    add(node("api.shop.svc.cluster.local"));
    expect(viewOf("shop/api")).toMatchObject({
      mode: "serve",
      certificateNames: ["api.shop", "api.shop.svc", "api.shop.svc.cluster.local"],
    });
    expect(problemsOf("VirtualNode", "shop/api")).toEqual([]);
  });

  test("is none where the name is another namespace's, and is none that TLS needs which is off", () => {
    add(node("ledger.bank.svc.cluster.local"));
    expect(viewOf("shop/api").certificateNames).toEqual([]);
    expect(problemsOf("VirtualNode", "shop/api")).toEqual([
      "certificate-name at spec.listeners[0].tls.certificate.acm",
    ]);
    add(node("ledger.bank.svc.cluster.local", "DISABLED"));
    expect(problemsOf("VirtualNode", "shop/api")).toEqual([]);
  });

  test("names what the Mesh gives to the namespace, from the moment at which it does", () => {
    add(node("api.example.com"));
    expect(viewOf("shop/api").certificateNames).toEqual([]);
    add(aMeshObject("main", {}, { "outrigger.dev/certificate-names": "shop=*.example.com" }));
    expect(viewOf("shop/api").certificateNames).toEqual(["api.example.com"]);
    expect(problemsOf("VirtualNode", "shop/api")).toEqual([]);
  });
});

describe("an ARN of ACM that means a Secret", () => {
  const FLAW = { found: "tls.key is not its key", help: "store both together" };
  const said = (name: string) =>
    graph.problems({ kind: "VirtualNode", namespace: "shop", name }).map(({ path, message }) => `${path}: ${message}`);

  beforeEach(() => {
    const certificates = [{ arn: "arn:aws:acm:door", secret: "door", namespaces: ["shop"] }];
    graph = new MeshGraph({
      mesh: "serve",
      accountId: "",
      clusterDomain: "cluster.local",
      discovery: "dns",
      certificates,
    });
    add(aMeshObject("main"));
    graph.apply(["shop", "bank"].map((name) => putNamespace(aNamespace(name))));
  });

  const node = (place: string) => {
    const tls = { mode: "STRICT", certificate: { acm: { certificateARN: "arn:aws:acm:door" } } };
    return aVirtualNode(place, [80], {
      listeners: [{ portMapping: { port: 80, protocol: "http" }, tls }],
      serviceDiscovery: { dns: { hostname: "door.example.com" } },
    });
  };

  test("needs no name of the node's, and is said once it cannot be used, until it can", () => {
    add(node("shop/door"));
    expect(viewOf("shop/door")).toMatchObject({ mode: "serve", certificateNames: [] });
    expect(said("door")).toEqual([]);
    const facts = (certificate: typeof FLAW | undefined) =>
      graph.apply([{ kind: "certificateSecret", name: "door", after: { certificate, authority: undefined } }]).problems;
    expect(facts(FLAW).map(({ name }) => name)).toEqual(["door"]);
    expect(said("door")).toEqual([
      "spec.listeners[0].tls.certificate.acm: tls.key is not its key, so TLS connections to it fail",
    ]);
    expect(facts(undefined)).toHaveLength(1);
    expect(said("door")).toEqual([]);
  });

  test("is nothing to a namespace that may not use it, which hears nothing of the Secret", () => {
    add(node("bank/door"));
    graph.apply([{ kind: "certificateSecret", name: "door", after: { certificate: FLAW, authority: FLAW } }]);
    const [problem, ...others] = graph.problems({ kind: "VirtualNode", namespace: "bank", name: "door" });
    expect([problem?.code, others]).toEqual(["certificate-secret", []]);
    expect(problem?.message).toContain("to other namespaces than bank, so no TLS connection to it is made");
    expect(JSON.stringify(problem)).not.toMatch(/shop|tls\.key/);
  });

  test("is said of a client that trusts it, where nothing can be checked by it", () => {
    const trust = { acm: { certificateAuthorityARNs: ["arn:aws:acm:door", "arn:aws:acm:other"] } };
    add(aVirtualNode("bank/client", [80], { backendDefaults: { clientPolicy: { tls: { validation: { trust } } } } }));
    graph.apply([{ kind: "certificateSecret", name: "door", after: { certificate: undefined, authority: FLAW } }]);
    expect(problemsOf("VirtualNode", "bank/client")).toEqual([
      "certificate-secret at spec.backendDefaults.clientPolicy.tls.validation.trust.acm",
    ]);
  });
});

describe("whether a node is served", () => {
  test.each([
    ["is the setting", {}, {}, "serve"],
    ["is the Mesh's annotation before it", { "outrigger.dev/mesh": "observe" }, {}, "observe"],
    [
      "is the Namespace's annotation before both",
      { "outrigger.dev/mesh": "observe" },
      { "outrigger.dev/mesh": "serve" },
      "serve",
    ],
    ["is not what cannot be read", { "outrigger.dev/mesh": "perhaps" }, { "outrigger.dev/mesh": "" }, "serve"],
  ])("%s", (_, ofMesh, ofNamespace, mode) => {
    add(aVirtualNode("shop/web", [80]));
    add(aMeshObject("main", {}, ofMesh));
    graph.apply([putNamespace(aNamespace("shop", { mesh: "main" }, ofNamespace))]);
    expect(viewOf("shop/web").mode).toBe(mode);
  });

  test("an annotation that cannot be read is a problem", () => {
    add(aMeshObject("main", {}, { "outrigger.dev/mesh": "perhaps" }));
    expect(problemsOf("Mesh", "main")).toEqual(["bad-annotation"]);
  });
});

describe("a change dirties only what it concerns", () => {
  const NODES = 200;

  beforeEach(() => {
    const objects = Array.from({ length: NODES }, (_, index) => [
      aVirtualNode(`shop/n${index}`, [80], backends(`s${(index + 1) % NODES}`)),
      service(`shop/s${index}`, byNode(`n${index}`)),
    ]);
    expect(add(...objects.flat())).toHaveLength(NODES);
  });

  test("a node's discovery: its callers, not the node itself", () => {
    const moved = { serviceDiscovery: { dns: { hostname: "elsewhere" } }, ...backends("s8") };
    expect(add(aVirtualNode("shop/n7", [80], moved))).toEqual(["VirtualNode/shop/n6"]);
  });

  test("a node's access log: the node, not its callers", () => {
    const logging = { accessLog: { file: { path: "/dev/stdout" } } };
    expect(add(aVirtualNode("shop/n7", [80], { logging, ...backends("s8") }))).toEqual(["VirtualNode/shop/n7"]);
  });

  test("a service's provider: its callers", () => {
    expect(add(service("shop/s7", byNode("n9")))).toEqual(["VirtualNode/shop/n6"]);
  });

  test("the same object again, its status or its labels: nobody", () => {
    const again = aVirtualNode("shop/n7", [80], backends("s8"), { labels: { a: "b" }, resourceVersion: "2" });
    expect(add({ ...again, conditions: [{ type: "VirtualNodeActive", status: "True" }] } as MeshObject)).toEqual([]);
  });

  test("a service that nobody calls, another mesh, a namespace: nobody", () => {
    const other = aMeshObject("other");
    expect(dirtyAfter(put(service("shop/new")), put(other), putNamespace(aNamespace("far")))).toEqual([]);
  });

  test("the mesh's egress filter: everybody", () => {
    expect(add(aMeshObject("main", { egressFilter: { type: "ALLOW_ALL" } }))).toHaveLength(NODES);
  });
});

test("an object that cannot be read keeps its last state and says so", () => {
  const web = aVirtualNode("shop/web", [80]);
  add(web);
  const refused = [{ path: "spec.listeners[0]", message: "expected an object, found null" }];
  const at = ref("VirtualNode", "shop/web");
  expect(dirtyAfter({ kind: "object", ref: at, before: web, after: web, refused })).toEqual([]);
  expect(graph.problems(at)).toMatchObject([{ code: "not-readable", path: "spec.listeners[0]" }]);
  expect(viewOf("shop/web").listeners).toHaveLength(1);
  const never = ref("VirtualNode", "shop/never");
  graph.apply([{ kind: "object", ref: never, before: undefined, after: undefined, refused }]);
  expect(problemsOf("VirtualNode", "shop/never")).toEqual(["not-readable at spec.listeners[0]"]);
  graph.apply([gone(never)]);
  expect(graph.problems(never)).toEqual([]);
});
