import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { beforeEach, describe, expect, test } from "vitest";
import { encodedCluster } from "../../../test/encoded-cluster.ts";
import {
  DeltaDiscoveryRequestSchema,
  DeltaDiscoveryResponseSchema,
  DiscoveryRequestSchema,
  DiscoveryResponseSchema,
} from "../generated/envoy/service/discovery/v3/discovery_pb.js";
import { XDS_LIMITS, type XdsLimits } from "../limits.ts";
import { TYPES } from "../types.ts";
import { AdsStream, type AdsVariant } from "./ads-stream.ts";
import type { NodeClaim } from "./requests.ts";
import type { OriginObject } from "./resource.ts";
import { type Snapshot, snapshotOf } from "./snapshot.ts";

/* What one stream may make us do and remember. */

const CLUSTERS = { typeUrl: TYPES.cluster };
const NAMES = ["a", "b", "c", "d", "e", "f", "g", "h"];

let sent: Buffer[];
let admitted: NodeClaim[];
let isReading: boolean;
beforeEach(() => {
  sent = [];
  admitted = [];
  isReading = true;
});

function stream(protocol: AdsVariant, limits: Partial<XdsLimits>, content: Snapshot = snapshotOf([])): AdsStream {
  return new AdsStream({
    protocol,
    limits: { ...XDS_LIMITS, requestsPerSecond: 0, ...limits },
    now: () => 0,
    admit(node) {
      admitted.push(node);
      return content;
    },
    send: (message) => void sent.push(Buffer.concat(message)),
    canSend: () => isReading,
    lookAgain: () => undefined,
    received: () => undefined,
    judged: () => undefined,
  });
}

function delta(request: MessageInitShape<typeof DeltaDiscoveryRequestSchema>): Uint8Array {
  return toBinary(DeltaDiscoveryRequestSchema, create(DeltaDiscoveryRequestSchema, { ...CLUSTERS, ...request }));
}

function sotw(request: MessageInitShape<typeof DiscoveryRequestSchema>): Uint8Array {
  return toBinary(DiscoveryRequestSchema, create(DiscoveryRequestSchema, { ...CLUSTERS, ...request }));
}

function manyClusters(): Snapshot {
  return snapshotOf(Array.from({ length: 20 }, (_, index) => encodedCluster(`cluster-${index}`)));
}

describe("how a proxy stands", () => {
  const listener = (name: string, ...origins: readonly OriginObject[]) => ({
    ...encodedCluster(name),
    type: TYPES.listener,
    origins,
  });
  const content = snapshotOf([encodedCluster("one"), listener("in", { kind: "Mesh", namespace: "", name: "main" })]);
  const answer = (ads: AdsStream, typeUrl: string, message?: string): void => {
    const { nonce } = fromBinary(DeltaDiscoveryResponseSchema, sent.at(-1) ?? Buffer.of());
    ads.receive(delta({ typeUrl, responseNonce: nonce, ...(message !== undefined && { errorDetail: { message } }) }));
  };

  test("is pending until it has accepted clusters and listeners, and then current", () => {
    const ads = stream("delta", {}, content);
    const states = [ads.standing().state];
    for (const typeUrl of [TYPES.cluster, TYPES.listener]) {
      ads.receive(delta({ typeUrl }));
      states.push(ads.standing().state);
      answer(ads, typeUrl);
      states.push(ads.standing().state);
    }
    expect(states).toEqual(["pending", "pending", "pending", "pending", "current"]);
    // endpoints change all the time
    ads.receive(delta({ typeUrl: TYPES.endpoints, resourceNamesSubscribe: ["one"] }));
    expect(ads.standing().state).toBe("current");
    ads.receive(delta({ typeUrl: TYPES.route, resourceNamesSubscribe: ["routes"] }));
    expect(ads.standing().state).toBe("pending");
  });

  test("holds endpoints once it has acknowledged them as they are now", () => {
    const endpoints = (name: string, version: string) => ({ ...encodedCluster(name), type: TYPES.endpoints, version });
    const ads = stream("delta", {}, snapshotOf([endpoints("web", "1")]));
    ads.receive(delta({}));
    answer(ads, TYPES.cluster);
    // one that just came may hold what it had before
    expect([ads.holds("web"), ads.holds("other")]).toEqual([false, undefined]);
    ads.receive(delta({ typeUrl: TYPES.endpoints, resourceNamesSubscribe: ["web"] }));
    expect(ads.holds("web")).toBe(false);
    answer(ads, TYPES.endpoints);
    expect(ads.holds("web")).toBe(true);
    ads.update(snapshotOf([endpoints("web", "2")]));
    expect(ads.holds("web")).toBe(false);
    answer(ads, TYPES.endpoints, "no such address");
    expect(ads.holds("web")).toBe(false);
    ads.update(snapshotOf([endpoints("web", "3")]));
    answer(ads, TYPES.endpoints);
    expect(ads.holds("web")).toBe(true);
  });

  test("is rejecting while it rejects something, with what it says", () => {
    const ads = stream("delta", {}, content);
    ads.receive(delta({}));
    answer(ads, TYPES.cluster);
    ads.receive(delta({ typeUrl: TYPES.listener }));
    answer(ads, TYPES.listener, "no such filter");
    const { state, frozen, hasOrigins } = ads.standing();
    expect({ state, hasOrigins }).toEqual({ state: "rejecting", hasOrigins: true });
    expect(frozen.map(({ resource, problem }) => [resource.name, problem])).toEqual([["in", "no such filter"]]);
    ads.update(snapshotOf([encodedCluster("one")]));
    expect(ads.standing().frozen).toEqual([]);
  });

  test("is pending while something is held back, though nothing is on its way", () => {
    const ads = stream("delta", {}, content);
    for (const typeUrl of [TYPES.cluster, TYPES.listener]) {
      ads.receive(delta({ typeUrl }));
      answer(ads, typeUrl);
    }
    const states = [ads.standing().state];
    // the listener waits for the new cluster that it names, and then for a client that reads
    ads.update(snapshotOf([encodedCluster("one"), encodedCluster("two"), { ...listener("two"), name: "in" }]));
    isReading = false;
    answer(ads, TYPES.cluster);
    expect(sent).toHaveLength(3);
    states.push(ads.standing().state);
    isReading = true;
    ads.proceed();
    answer(ads, TYPES.listener);
    expect(sent).toHaveLength(4);
    states.push(ads.standing().state);
    expect(states).toEqual(["current", "pending", "current"]);
  });

  test("is pending while a change waits for a client that does not read", () => {
    const ads = stream("delta", {}, content);
    for (const typeUrl of [TYPES.cluster, TYPES.listener]) {
      ads.receive(delta({ typeUrl }));
      answer(ads, typeUrl);
    }
    isReading = false;
    ads.update(snapshotOf([encodedCluster("one", 2), ...(content.get(TYPES.listener)?.resources.values() ?? [])]));
    expect(ads.standing().state).toBe("pending");
    isReading = true;
    ads.proceed();
    answer(ads, TYPES.cluster);
    expect(ads.standing().state).toBe("current");
  });

  test("has no origins where it passes traffic through, or has not said who it is", () => {
    const ads = stream("delta", {}, snapshotOf([listener("in")]));
    expect(ads.standing().hasOrigins).toBe(false);
    ads.receive(delta({}));
    expect(ads.standing().hasOrigins).toBe(false);
  });
});

describe("names count once", () => {
  test("in the state of the world: an acknowledgement repeats what is known", () => {
    const ads = stream("sotw", { names: 10 });
    ads.receive(sotw({ resourceNames: NAMES }));
    const { nonce } = fromBinary(DiscoveryResponseSchema, sent[0] ?? Buffer.of());
    ads.receive(sotw({ resourceNames: NAMES, responseNonce: nonce }));
    expect(ads.states().cluster).toMatchObject({ waiting: false });
  });

  test("with delta: what the client has of what it asks for", () => {
    const ads = stream("delta", { names: 10 });
    const initialResourceVersions = Object.fromEntries(NAMES.slice(0, 5).map((name) => [name, "1"]));
    ads.receive(delta({ resourceNamesSubscribe: NAMES.slice(0, 5), initialResourceVersions }));
    const { nonce } = fromBinary(DeltaDiscoveryResponseSchema, sent[0] ?? Buffer.of());
    ads.receive(delta({ resourceNamesSubscribe: NAMES, responseNonce: nonce }));
    ads.receive(delta({ resourceNamesSubscribe: NAMES }));
    expect(ads.states().cluster).toMatchObject({ waiting: true });
  });

  test("with delta: what we sent to one who asked for all is not of its making", () => {
    const ads = stream("delta", { names: 10 }, manyClusters());
    ads.receive(delta({}));
    const { nonce } = fromBinary(DeltaDiscoveryResponseSchema, sent[0] ?? Buffer.of());
    ads.receive(delta({ responseNonce: nonce }));
    expect(ads.states().cluster).toMatchObject({ waiting: false });
  });

  test("but over all types, and as often as others are added", () => {
    const ads = stream("sotw", { names: 10 });
    ads.receive(sotw({ resourceNames: NAMES }));
    expect(() => ads.receive(sotw({ typeUrl: TYPES.route, resourceNames: ["x", "y", "z"] }))).toThrow(
      "asks for 11 names: expected at most 10",
    );
  });

  test("and names that an unacknowledged stream takes back are remembered, and counted", () => {
    const ads = stream("delta", { names: 10 });
    ads.receive(delta({}));
    expect(() => {
      for (let index = 0; index < 11; index++) ads.receive(delta({ resourceNamesUnsubscribe: [`invented-${index}`] }));
    }).toThrow("asks for 11 names");
  });
});

describe("requests are paid for by their size", () => {
  const LARGE = Buffer.alloc(XDS_LIMITS.bytesPerRequest * 4, 0xff);

  test("before they are looked at", () => {
    const ads = stream("delta", { requestBurst: 4 });
    ads.receive(delta({}));
    expect(() => ads.receive(LARGE)).toThrow(expect.objectContaining({ code: "babbling" }));
  });

  test("but for the first one, which is looked at whatever its size", () => {
    expect(() => stream("delta", { requestBurst: 1 }).receive(LARGE)).toThrow(
      expect.objectContaining({ code: "malformed-message" }),
    );
  });

  test("and acknowledgements too where they are large", () => {
    const ads = stream("sotw", { requestBurst: 1 });
    ads.receive(sotw({}));
    const { nonce } = fromBinary(DiscoveryResponseSchema, sent[0] ?? Buffer.of());
    const resourceNames = Array.from({ length: 100 }, (_, index) => `${index}${"x".repeat(100)}`);
    expect(() => ads.receive(sotw({ responseNonce: nonce, resourceNames }))).toThrow("too many requests");
  });
});

test("who the proxy is counts in the first request only", () => {
  const ads = stream("delta", {});
  ads.receive(delta({ node: { id: "first", metadata: { outrigger: { ipv6: true } } } }));
  ads.receive(delta({ node: { id: "second" } }));
  expect(admitted).toEqual([{ id: "first", metadata: { outrigger: { ipv6: true } } }]);
});

describe("routes that lead on to other routes", () => {
  /** Routes `second`, to a cluster that waits for its endpoints, and `first`, which leads on to them. */
  const content = (version: string, cluster = version): Snapshot => {
    const { any } = encodedCluster(`of-${cluster}`);
    const route = (name: string, bytes: Uint8Array) => ({
      ...encodedCluster(name),
      type: TYPES.route,
      version,
      any: bytes,
    });
    const warming = { ...encodedCluster(`of-${cluster}`), cluster: { endpoints: `of-${cluster}`, isSlow: false } };
    // they come in the other order
    return snapshotOf([warming, { ...route("first", Buffer.of()), after: "second" }, route("second", any)]);
  };
  const names = (typeUrl: string): readonly (readonly string[])[] =>
    sent
      .map((bytes) => fromBinary(DeltaDiscoveryResponseSchema, bytes))
      .filter((response) => response.typeUrl === typeUrl)
      .map(({ resources }) => resources.map(({ name }) => name));
  let time: number;
  let wanted: Snapshot;
  let ads: AdsStream;

  beforeEach(() => {
    time = 0;
    wanted = content("1");
    ads = new AdsStream({
      protocol: "delta",
      limits: { ...XDS_LIMITS, requestsPerSecond: 0 },
      now: () => time,
      admit: () => wanted,
      send: (message) => void sent.push(Buffer.concat(message)),
      canSend: () => true,
      lookAgain: () => undefined,
      received: () => undefined,
      judged: () => undefined,
    });
    ads.receive(delta({ typeUrl: TYPES.cluster }));
    answer();
  });

  function answer(problem?: string): void {
    const { nonce, typeUrl } = fromBinary(DeltaDiscoveryResponseSchema, sent.at(-1) ?? Buffer.of());
    const errorDetail = problem === undefined ? {} : { errorDetail: { message: problem } };
    ads.receive(delta({ typeUrl, responseNonce: nonce, ...errorDetail }));
  }

  test("come after those, also where those wait for a cluster and they name none", () => {
    ads.receive(delta({ typeUrl: TYPES.route, resourceNamesSubscribe: ["first", "second"] }));
    answer();
    answer();
    expect(names(TYPES.route)).toEqual([["second"], ["first"]]);
    sent = [];
    wanted = content("2");
    ads.update(wanted);
    expect(names(TYPES.route)).toEqual([]);
    // the cluster is acknowledged
    answer();
    expect(names(TYPES.route)).toEqual([["second"]]);
    answer();
    expect(names(TYPES.route)).toEqual([["second"], ["first"]]);
  });

  test("wait for nobody whom the proxy has not asked for, or rejects", () => {
    ads.receive(delta({ typeUrl: TYPES.route, resourceNamesSubscribe: ["first"] }));
    answer();
    expect(names(TYPES.route)).toEqual([["first"]]);
    ads.receive(delta({ typeUrl: TYPES.route, resourceNamesSubscribe: ["second"] }));
    answer();
    sent = [];
    ads.update(content("2", "1"));
    answer("it is bad");
    expect(names(TYPES.route)).toEqual([["second"], ["first"]]);
  });
});
