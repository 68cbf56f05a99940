import { type JsonObject, member, objectOf, objectsOf, sameJson } from "../../../../src/model/json.ts";
import { APPMESH_API_VERSION, type Kind } from "../../../../src/model/kinds.ts";
import { create, read, round, update } from "./stored-objects.ts";

/*
 * Behaves as Flagger's provider for App Mesh (fluxcd/flagger, pkg/router/appmesh_v1beta2.go): each round it makes its objects or compares
 * their whole specs without awsName and meshRef, of a router also without its targets, and puts back what differs. It reads and writes by types
 * that do not know all of today's fields, so what it writes lacks them.
 */

const PORT = 8080;

export class Flagger {
  /** Updates by {@link reconcile}, which are none once everything is as it wants it. */
  corrections = 0;
  readonly #namespace: string;
  readonly #app: string;

  constructor(namespace: string, app: string) {
    this.#namespace = namespace;
    this.#app = app;
  }

  /** One round over all objects. */
  reconcile(): Promise<void> {
    const app = this.#app;
    return round(async () => {
      await this.#node(`${app}-primary`, `${app}-primary`);
      await this.#node(`${app}-canary`, app);
      await this.#router(app, 0);
      await this.#router(`${app}-canary`, 100);
    });
  }

  /** Sends this share, in percent, to the canary. */
  setWeight(canary: number): Promise<void> {
    return round(() => this.#weigh(canary));
  }

  async #weigh(canary: number): Promise<void> {
    const found = known("VirtualRouter", (await read("VirtualRouter", this.#namespace, this.#app)) ?? {});
    const [route = {}] = objectsOf(member(found.spec, "routes"));
    const action = { weightedTargets: this.#targets(canary) };
    const routes = [{ ...route, httpRoute: { ...objectOf(route["httpRoute"]), action } }];
    await update({ ...found, spec: { ...objectOf(found.spec), routes } });
  }

  async #node(name: string, selects: string): Promise<void> {
    await this.#bring("VirtualNode", name, {
      podSelector: { matchLabels: { app: selects } },
      listeners: [{ portMapping: { port: PORT, protocol: "http" } }],
      serviceDiscovery: { dns: { hostname: `${name}.${this.#namespace}.svc.cluster.local.` } },
    });
  }

  async #router(name: string, canary: number): Promise<void> {
    const wanted = {
      listeners: [{ portMapping: { port: PORT, protocol: "http" } }],
      routes: [
        {
          name,
          httpRoute: {
            match: { prefix: "/" },
            retryPolicy: {
              maxRetries: 3,
              perRetryTimeout: { unit: "ms", value: 1000 },
              httpRetryEvents: ["gateway-error", "client-error", "stream-error"],
            },
            action: { weightedTargets: this.#targets(canary) },
          },
        },
      ],
    };
    if (await this.#bring("VirtualRouter", name, wanted)) return;
    const provider = { virtualRouter: { virtualRouterRef: { name } } };
    await create(this.#object("VirtualService", name, { provider }));
  }

  /** Whether the object was there; what differs of it is put back. */
  async #bring(kind: Kind, name: string, wanted: JsonObject): Promise<boolean> {
    const stored = await read(kind, this.#namespace, name);
    if (stored === undefined) {
      await create(this.#object(kind, name, wanted));
      return false;
    }
    const found = known(kind, stored);
    const { awsName, meshRef, ...spec } = objectOf(found.spec);
    if (sameJson(withoutTargets(spec), withoutTargets(wanted))) return true;
    this.corrections++;
    const kept = { ...(awsName !== undefined && { awsName }), ...(meshRef !== undefined && { meshRef }) };
    await update({ ...found, spec: { ...wanted, ...kept } });
    return true;
  }

  #targets(canary: number): readonly JsonObject[] {
    return [
      { virtualNodeRef: { name: `${this.#app}-canary` }, weight: canary },
      { virtualNodeRef: { name: `${this.#app}-primary` }, weight: 100 - canary },
    ];
  }

  #object(kind: Kind, name: string, spec: JsonObject): JsonObject {
    // as Go writes a type without values
    const metadata = { name, namespace: this.#namespace, creationTimestamp: null };
    return { apiVersion: APPMESH_API_VERSION, kind, metadata, spec, status: {} };
  }
}

/** What its types know of a route's match and of a target. */
const KNOWN_MATCH = ["prefix", "headers", "method", "scheme"];
const KNOWN_TARGET = ["virtualNodeRef", "virtualNodeARN", "weight"];

/** The object as its types have it. */
function known(kind: Kind, object: JsonObject): JsonObject {
  if (kind !== "VirtualRouter") return object;
  const routes = objectsOf(member(object.spec, "routes")).map((route) => {
    const httpRoute = objectOf(route["httpRoute"]);
    const targets = objectsOf(member(httpRoute["action"], "weightedTargets"));
    const action = { weightedTargets: targets.map((target) => only(target, KNOWN_TARGET)) };
    return { ...route, httpRoute: { ...httpRoute, match: only(objectOf(httpRoute["match"]), KNOWN_MATCH), action } };
  });
  return { ...object, spec: { ...objectOf(object.spec), routes } };
}

function only(object: JsonObject, fields: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([field]) => fields.includes(field)));
}

function withoutTargets(spec: JsonObject): JsonObject {
  if (spec["routes"] === undefined) return spec;
  const routes = objectsOf(spec["routes"]).map((route) => {
    const { action: _, ...httpRoute } = objectOf(route["httpRoute"]);
    return { ...route, httpRoute };
  });
  return { ...spec, routes };
}
