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
import { type Snapshot, snapshotOf } from "./snapshot.ts";

/* What one stream may make us do and remember. */

const CLUSTERS = { typeUrl: TYPES.cluster };
const NAMES = ["a", "b", "c", "d", "e", "f", "g", "h"];

let sent: Buffer[];
let admitted: NodeClaim[];
beforeEach(() => {
  sent = [];
  admitted = [];
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
    canSend: () => true,
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
