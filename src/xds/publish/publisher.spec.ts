import { create } from "@bufbuild/protobuf";
import { beforeEach, describe, expect, test } from "vitest";
import { type Resource, resourceOf } from "../encode/resource.ts";
import { seconds } from "../encode/typed.ts";
import { ClusterSchema } from "../generated/envoy/config/cluster/v3/cluster_pb.js";
import { ClusterLoadAssignmentSchema } from "../generated/envoy/config/endpoint/v3/endpoint_pb.js";
import type { Snapshot } from "../serve/snapshot.ts";
import { TYPES } from "../types.ts";
import { WorkRound } from "../work-round.ts";
import { Publisher } from "./publisher.ts";

/** Clusters by view, and the number of endpoints by key: what the mesh would know. */
let views: Record<string, readonly string[]>;
let members: Record<string, number>;
let computed: string[];
let read: string[];
let failures: [what: string, message: string][];
let broken: string | undefined;
let publisher: Publisher<string>;
let time: number;
/** Milliseconds that one computing takes. */
let effort: number;
let turns: (() => void)[];

beforeEach(() => {
  views = { web: ["cart", "pay"], api: ["cart"] };
  members = { cart: 1, pay: 1 };
  [computed, read, failures, turns] = [[], [], [], []];
  [broken, time, effort] = [undefined, 0, 0];
  publisher = new Publisher({
    source: {
      compute(view, traits) {
        computed.push(`${view} ${traits}`);
        time += effort;
        if (broken === view) throw new Error("cannot be computed");
        const names = views[view] ?? [];
        return { resources: names.map((name) => cluster(name, traits)), endpoints: names };
      },
      traitsKey: (traits) => traits,
      endpoints(key) {
        read.push(key);
        if (broken === key) throw new Error("cannot be read");
        return members[key] === undefined ? undefined : endpoints(key, members[key]);
      },
    },
    failed: (what, error) => void failures.push([what, (error as Error).message]),
    round: new WorkRound({ now: () => time, later: (callback) => void turns.push(callback) }),
  });
});

function cluster(name: string, traits: string): Resource {
  return resourceOf(create(ClusterSchema, { name, connectTimeout: seconds(traits.length) }), [
    { kind: "VirtualNode", namespace: "shop", name },
  ]);
}

function endpoints(clusterName: string, count: number): Resource {
  const endpoints = Array.from({ length: count }, (_, priority) => ({ priority }));
  return resourceOf(create(ClusterLoadAssignmentSchema, { clusterName, endpoints }));
}

/** One turn of the process. */
function turn(): void {
  for (const callback of turns.splice(0)) callback();
}

function opened(view: string, traits = "x") {
  const publication = publisher.open(view, traits);
  const told: Snapshot[] = [];
  publication.subscribe((snapshot) => void told.push(snapshot));
  return { ...publication, told };
}

function versions(snapshot: Snapshot | undefined, type: keyof typeof TYPES): Record<string, string> {
  const resources = snapshot?.get(TYPES[type])?.resources ?? new Map();
  return Object.fromEntries([...resources.values()].map(({ name, version }) => [name, version]));
}

describe("one snapshot", () => {
  test("for all streams of a view with the same traits, computed when the first one needs it", () => {
    const [first, second, other] = [opened("web"), opened("web"), opened("web", "yy")];
    expect(second.snapshot()).toBe(first.snapshot());
    expect(other.snapshot()).not.toBe(first.snapshot());
    expect(computed).toEqual(["web x", "web yy"]);
  });

  test("with the bytes of what several views have, once", () => {
    const [web, api] = [opened("web"), opened("api")];
    for (const type of [TYPES.cluster, TYPES.endpoints]) {
      const [ofWeb, ofApi] = [web, api].map(({ snapshot }) => snapshot().get(type)?.resources.get("cart"));
      expect(ofWeb).toBe(ofApi);
    }
  });

  test("is forgotten with its last stream, and its endpoints with it", () => {
    const [first, second, other] = [opened("web"), opened("web"), opened("api")];
    first.close();
    expect(publisher.sizes).toEqual({ snapshots: 2, endpoints: 2 });
    second.close();
    second.close();
    expect(publisher.sizes).toEqual({ snapshots: 1, endpoints: 1 });
    other.close();
    expect(publisher.sizes).toEqual({ snapshots: 0, endpoints: 0 });
  });

  test("knows the objects that its resources came from", () => {
    const { origins } = opened("api").snapshot().get(TYPES.cluster)?.resources.get("cart") ?? {};
    expect(origins).toEqual([{ kind: "VirtualNode", namespace: "shop", name: "cart" }]);
  });
});

describe("a change", () => {
  test("of a view is computed once, however often it is said, and brought to its streams alone", () => {
    const [web, api] = [opened("web"), opened("api")];
    views["web"] = ["pay"];
    for (let count = 0; count < 100; count++) publisher.changed("web");
    turn();
    expect(computed).toEqual(["web x", "api x", "web x"]);
    expect(web.told.map((snapshot) => Object.keys(versions(snapshot, "cluster")))).toEqual([["pay"]]);
    expect(api.told).toEqual([]);
  });

  test("that makes no difference is told nobody", () => {
    const { told } = opened("web");
    publisher.changed("web");
    publisher.changed("nobody-has-it");
    turn();
    expect(told).toEqual([]);
  });

  test("leaves the types in which nothing changed as they are", () => {
    const web = opened("web");
    const before = web.snapshot();
    views["web"] = ["cart"];
    publisher.changed("web");
    turn();
    const same = [...before].filter(([type, ofType]) => web.snapshot().get(type) === ofType);
    expect(same).toHaveLength(before.size - 2);
  });

  test("of endpoints computes no view, and is told to those who have that cluster", () => {
    const [web, api] = [opened("web"), opened("api")];
    computed.length = 0;
    read.length = 0;
    members["pay"] = 2;
    publisher.endpointsChanged("pay");
    publisher.endpointsChanged("pay");
    turn();
    expect([computed, read, api.told]).toEqual([[], ["pay"], []]);
    expect(versions(web.told[0], "cluster")).toEqual(versions(web.snapshot(), "cluster"));
    expect(web.told).toEqual([web.snapshot()]);
    members["cart"] = 2;
    publisher.endpointsChanged("cart");
    turn();
    expect([web.told.length, api.told.length]).toEqual([2, 1]);
  });

  test("of endpoints that are the same, or that nobody has, is told nobody", () => {
    const { told } = opened("web");
    publisher.endpointsChanged("pay");
    publisher.endpointsChanged("nobody-has-them");
    turn();
    expect(told).toEqual([]);
  });

  test("of endpoints that are gone takes them away", () => {
    const { told } = opened("web");
    delete members["pay"];
    publisher.endpointsChanged("pay");
    turn();
    expect(told.map((snapshot) => Object.keys(versions(snapshot, "endpoints")))).toEqual([["cart"]]);
  });

  test("that cannot be made leaves everybody with what they have, and the next one is made", () => {
    const [web, api] = [opened("web"), opened("api")];
    const before = web.snapshot();
    broken = "web";
    publisher.changed("web");
    publisher.changed("api");
    turn();
    broken = "pay";
    publisher.endpointsChanged("pay");
    turn();
    expect(failures).toEqual([
      ["web", "cannot be computed"],
      ["pay", "cannot be read"],
    ]);
    expect([web.snapshot(), api.told]).toEqual([before, []]);
    broken = undefined;
    views["web"] = [];
    publisher.changed("web");
    turn();
    expect(web.told).toHaveLength(1);
    expect(publisher.sizes).toEqual({ snapshots: 2, endpoints: 1 });
  });
});

describe("a stream moves", () => {
  test("to another view without ending, and hears of that one from then on", () => {
    const stream = opened("web");
    stream.move("api", "x");
    expect(Object.keys(versions(stream.snapshot(), "cluster"))).toEqual(["cart"]);
    turn();
    expect(stream.told).toEqual([stream.snapshot()]);
    publisher.changed("web");
    views["api"] = ["pay"];
    publisher.changed("api");
    turn();
    expect(stream.told).toHaveLength(2);
    expect(publisher.sizes).toEqual({ snapshots: 1, endpoints: 1 });
  });

  test("nowhere when it has that view already, or when that one cannot be computed", () => {
    const stream = opened("web");
    const before = stream.snapshot();
    stream.move("web", "x");
    broken = "api";
    expect(() => stream.move("api", "x")).toThrow("cannot be computed");
    turn();
    expect([stream.snapshot(), stream.told]).toEqual([before, []]);
    expect(publisher.sizes).toEqual({ snapshots: 1, endpoints: 2 });
  });

  test("and when it closes right after, it hears nothing more", () => {
    const stream = opened("web");
    stream.move("api", "x");
    stream.close();
    turn();
    expect(stream.told).toEqual([]);
    expect(publisher.sizes).toEqual({ snapshots: 0, endpoints: 0 });
  });
});

describe("others get their turn", () => {
  test("between slices, and no view waits for the end of a push to many", async () => {
    for (const view of ["a", "b", "c", "d", "e"]) {
      views[view] = ["cart"];
      opened(view);
      views[view] = ["pay"];
      publisher.changed(view);
    }
    effort = 6;
    computed.length = 0;
    let rounds = 0;
    const idle = publisher.idle();
    for (; turns.length > 0; rounds++) turn();
    await idle;
    expect(computed).toHaveLength(5);
    expect(rounds).toBeGreaterThanOrEqual(3);
  });
});
