import fc from "fast-check";
import { expect, test } from "vitest";
import {
  aMeshObject,
  aNamespace,
  aVirtualNode,
  backends,
  gone,
  goneNamespace,
  goneService,
  meshObject,
  put,
  putFacts,
  putNamespace,
  referenceTo,
} from "../../test/mesh-objects.ts";
import type { JsonObject } from "../model/json.ts";
import { KIND_FACTS } from "../model/kinds.ts";
import type { MeshChange } from "../model/mesh-change.ts";
import { keyOf, type MeshObject, type ObjectRef, refOf } from "../model/mesh-object.ts";
import { MeshGraph, type ViewRef } from "./graph.ts";

const SETTINGS = { mesh: "serve", accountId: "", clusterDomain: "cluster.local", discovery: "dns" } as const;
const NAMESPACES = ["shop", "bank"] as const;
const NAMES = ["web", "api", "db"] as const;
const MESHES = ["main", "second"] as const;

const namespace = fc.constantFrom(...NAMESPACES);
const place = fc.tuple(namespace, fc.constantFrom(...NAMES)).map(([where, name]) => `${where}/${name}`);
/** Often one that another object may claim too. */
const awsName: fc.Arbitrary<JsonObject> = fc.oneof(
  { weight: 1, arbitrary: fc.constant({}) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      { awsName: "web_shop" },
      { awsName: "web.shop" },
      { awsName: "one" },
      { awsName: "web.db.shop.svc" },
    ),
  },
);
const created = fc.constantFrom("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z");
const meshRef: fc.Arbitrary<JsonObject> = fc.oneof(
  { weight: 5, arbitrary: fc.constant({}) },
  { weight: 1, arbitrary: fc.constantFrom(...MESHES).map((name) => ({ meshRef: { name, uid: "u" } })) },
);
const arn = (type: string) =>
  fc.constantFrom("web_shop", "one", "web.shop").map((name) => `arn:aws:appmesh:r:1:mesh/main/${type}/${name}`);

/** What the leader, or somebody else, says in a status: often that the object was in effect, under its name or another one. */
function withStatus(objects: fc.Arbitrary<MeshObject>, ...names: readonly string[]): fc.Arbitrary<MeshObject> {
  const status = fc.option(
    fc.tuple(fc.constantFrom("True", "False"), fc.constantFrom(...MESHES), fc.constantFrom(...names)),
  );
  return fc.tuple(objects, status).map(([object, said]) => {
    if (said === null) return object;
    const [is, where, name] = said;
    const arns = { [KIND_FACTS[object.kind].arnField ?? ""]: `arn:aws:appmesh:r:1:mesh/${where}/${name}` };
    return { ...object, conditions: [{ type: "Accepted", status: is }], arns } as unknown as MeshObject;
  });
}

const mesh = fc
  .tuple(
    fc.constantFrom(...MESHES),
    fc.constantFrom("ALLOW_ALL", "DROP_ALL"),
    fc.constantFrom({}, { "outrigger.dev/mesh": "observe" }, { "outrigger.dev/names": "strict" }),
  )
  .map(([name, type, annotations]) => aMeshObject(name, { egressFilter: { type } }, annotations));

const node = fc
  .tuple(
    place,
    fc.subarray([80, 8080], { minLength: 0 }),
    fc.array(place, { maxLength: 3 }),
    awsName,
    created,
    meshRef,
    fc.boolean(),
  )
  .map(([where, ports, called, name, creationTimestamp, reference, grouped]) =>
    aVirtualNode(
      where,
      ports,
      {
        ...backends(...called),
        ...name,
        ...reference,
        ...(grouped && { backendGroups: [{ name: "web" }, { name: "*", namespace: "bank" }] }),
      },
      { creationTimestamp },
    ),
  );

const service = fc
  .tuple(
    place,
    fc.oneof(
      fc.constant({}),
      place.map((target) => ({ virtualNode: { virtualNodeRef: referenceTo(target) } })),
      place.map((target) => ({ virtualRouter: { virtualRouterRef: referenceTo(target) } })),
      arn("virtualNode").map((virtualNodeARN) => ({ virtualNode: { virtualNodeARN } })),
    ),
    awsName,
    meshRef,
  )
  .map(([where, provider, name, reference]) =>
    meshObject("VirtualService", where, { provider, ...name, ...reference }),
  );

const route = fc
  .tuple(
    fc.constantFrom("a", "b"),
    fc.constantFrom("httpRoute", "tcpRoute"),
    fc.array(fc.tuple(place, fc.integer({ min: 0, max: 2 })), { minLength: 1, maxLength: 2 }),
  )
  .map(([name, type, targets]) => ({
    name,
    [type]: {
      match: type === "httpRoute" ? { prefix: "/" } : {},
      action: { weightedTargets: targets.map(([target, weight]) => ({ virtualNodeRef: referenceTo(target), weight })) },
    },
  }));
const protocol = fc.constantFrom("http", "tcp");
const router = fc
  .tuple(place, fc.array(route, { maxLength: 2 }), awsName, protocol)
  .map(([where, routes, name, spoken]) =>
    meshObject("VirtualRouter", where, {
      listeners: [{ portMapping: { port: 80, protocol: spoken } }],
      routes,
      ...name,
    }),
  );

const gateway = fc
  .tuple(place, fc.constantFrom({}, { mesh: "main" }))
  .map(([where, matchLabels]) => meshObject("VirtualGateway", where, { namespaceSelector: { matchLabels } }));
const gatewayRoute = fc
  .tuple(place, place, fc.constantFrom(undefined, 1, 5), awsName, fc.option(place))
  .map(([where, target, priority, name, at]) =>
    meshObject("GatewayRoute", where, {
      ...(priority !== undefined && { priority }),
      ...name,
      ...(at !== null && { virtualGatewayRef: { ...referenceTo(at), uid: "u" } }),
      httpRoute: {
        match: { prefix: "/" },
        action: { target: { virtualService: { virtualServiceRef: referenceTo(target) } } },
      },
    }),
  );
const group = fc
  .tuple(place, fc.array(place, { maxLength: 2 }))
  .map(([where, services]) => meshObject("BackendGroup", where, { virtualservices: services.map(referenceTo) }));

const refs: fc.Arbitrary<ObjectRef> = fc
  .tuple(
    fc.constantFrom(
      "Mesh",
      "VirtualNode",
      "VirtualService",
      "VirtualRouter",
      "VirtualGateway",
      "GatewayRoute",
      "BackendGroup",
    ),
    namespace,
    fc.constantFrom(...NAMES, ...MESHES),
  )
  .map(([kind, where, name]) => ({ kind, namespace: kind === "Mesh" ? "" : where, name }) as ObjectRef);

const namespaceChange = fc
  .tuple(
    namespace,
    fc.constantFrom({ mesh: "main" }, { mesh: "second" }, {}),
    fc.constantFrom({}, { "outrigger.dev/mesh": "observe" }),
  )
  .map(([name, labels, annotations]) => putNamespace(aNamespace(name, labels, annotations)));

const serviceChange = fc
  .tuple(
    place,
    fc.option(fc.subarray(["10.96.0.1", "10.96.0.2"]), { nil: undefined }),
    fc.subarray(["web", "api"]),
    fc.boolean(),
  )
  .map(([where, addresses, named, isThere]) => {
    const endpoints = new Map(named.map((name) => [name, ["10.96.0.2"]]));
    return isThere ? putFacts(where, { addresses, endpoints }) : goneService(where);
  });

const change: fc.Arbitrary<MeshChange> = fc.oneof(
  { weight: 3, arbitrary: mesh.map((object) => put(object)) },
  {
    weight: 8,
    arbitrary: fc
      .oneof(withStatus(node, "virtualNode/one", "virtualNode/web_shop"), service, router)
      .map((object) => put(object)),
  },
  {
    weight: 3,
    arbitrary: fc
      .oneof(
        gateway,
        withStatus(
          gatewayRoute,
          "virtualGateway/web_shop/gatewayRoute/one",
          "virtualGateway/api_bank/gatewayRoute/one",
        ),
        group,
      )
      .map((object) => put(object)),
  },
  { weight: 3, arbitrary: refs.map(gone) },
  { weight: 3, arbitrary: namespaceChange },
  { weight: 1, arbitrary: namespace.map(goneNamespace) },
  { weight: 3, arbitrary: serviceChange },
);

/** The graph that what is left of the changes gives from nothing, in another order. */
function fromNothing(changes: readonly MeshChange[]): MeshGraph {
  const last = new Map<string, MeshChange>();
  for (const one of changes) last.set(subjectOf(one), one);
  const graph = new MeshGraph(SETTINGS);
  graph.apply([...last.values()].filter(({ after }) => after !== undefined).toReversed());
  return graph;
}

function subjectOf(one: MeshChange): string {
  switch (one.kind) {
    case "object":
      return keyOf(one.ref);
    case "namespace":
      return `namespace ${one.name}`;
    case "service":
      return `service ${one.namespace}/${one.name}`;
    case "certificateSecret":
      return `certificate ${one.name}`;
  }
}

/** More are tried while the property looks longer: every run makes hundreds of changes. */
const RUNS = 25 * Number(process.env["OUTRIGGER_PROPERTY_SECONDS"] ?? 1);

test("any changes give the graph that the same objects give from nothing, and each says what it changed", () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(change, { minLength: 1, maxLength: 3 }), { minLength: 20, maxLength: 60 }),
      (steps) => {
        const graph = new MeshGraph(SETTINGS);
        const views = new Map<string, string>();
        for (const step of steps) {
          const dirty = new Set(graph.apply(step).views.map(keyOf));
          const now = new Map(graph.views().map((view) => [keyOf(view.object), view.hash]));
          const changed = [...new Set([...views.keys(), ...now.keys()])].filter(
            (key) => views.get(key) !== now.get(key),
          );
          expect([...dirty].toSorted()).toEqual(changed.toSorted());
          views.clear();
          for (const [key, hash] of now) views.set(key, hash);
        }
        const again = fromNothing(steps.flat());
        expect(graph.views()).toEqual(again.views());
        expect(graph.allProblems()).toEqual(again.allProblems());
      },
    ),
    { numRuns: RUNS, endOnFailure: true },
  );
}, 120_000);

/** Changes come, a few stale views are made again, somebody reads one. */
const step = fc.oneof(
  { weight: 3, arbitrary: fc.array(change, { minLength: 1, maxLength: 3 }).map((changes) => ({ changes })) },
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 4 }).map((turns) => ({ turns })) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom("VirtualNode", "VirtualGateway"), namespace, fc.constantFrom(...NAMES))
      .map(([kind, where, name]) => ({ read: { kind, namespace: where, name } as ViewRef })),
  },
);

test("renewed in turns, with newer changes and readers in between: what is read is never old, and everybody hears what changed", () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 40, maxLength: 100 }), (steps) => {
      const graph = new MeshGraph(SETTINGS);
      const taken: MeshChange[] = [];
      /** What somebody has who reads a view when it is said to be another one. */
      const followed = new Map<string, string | undefined>();
      const follow = (refs: readonly ViewRef[] | undefined): boolean => {
        for (const ref of refs ?? []) followed.set(keyOf(ref), graph.view(ref)?.hash);
        return refs !== undefined;
      };
      for (const one of steps) {
        if ("changes" in one) {
          taken.push(...one.changes);
          graph.take(one.changes);
        } else if ("read" in one) {
          expect(graph.view(one.read)).toEqual(fromNothing(taken).view(one.read));
        } else {
          for (let turn = 0; turn < one.turns; turn++) follow(graph.renewNextView());
        }
      }
      let more = true;
      while (more) more = follow(graph.renewNextView());
      const again = fromNothing(taken);
      const has = [...followed].filter(([, hash]) => hash !== undefined);
      expect(new Map(has)).toEqual(new Map(again.views().map((view) => [keyOf(view.object), view.hash])));
      expect(graph.views()).toEqual(again.views());
      expect(graph.allProblems()).toEqual(again.allProblems());
    }),
    { numRuns: RUNS, endOnFailure: true },
  );
}, 120_000);

const object = fc.oneof(mesh, node, service, router, gateway, gatewayRoute, group);

test("an object that is only tried comes to what it comes to when it is there, and leaves no trace", () => {
  fc.assert(
    fc.property(
      fc.array(change, { minLength: 10, maxLength: 40 }),
      fc.array(object, { maxLength: 5 }),
      (changes, tries) => {
        const graph = new MeshGraph(SETTINGS);
        graph.apply(changes);
        for (const one of tries) {
          const after = fromNothing([...changes, put(one)]);
          const ref = refOf(one) as ObjectRef;
          expect(graph.tried(one)).toEqual({ problems: after.problems(ref), written: after.written(ref) });
        }
        const untouched = fromNothing(changes);
        expect(graph.views()).toEqual(untouched.views());
        expect(graph.allProblems()).toEqual(untouched.allProblems());
        // what is not made again yet is not mistaken for what it was while something was tried
        graph.apply(changes);
        expect(graph.views()).toEqual(untouched.views());
      },
    ),
    { numRuns: RUNS, endOnFailure: true },
  );
}, 120_000);
