import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { beforeEach, describe, expect, test } from "vitest";
import { encodedCluster } from "../../../test/encoded-cluster.ts";
import {
  DeltaDiscoveryRequestSchema,
  DeltaDiscoveryResponseSchema,
} from "../generated/envoy/service/discovery/v3/discovery_pb.js";
import { XDS_LIMITS } from "../limits.ts";
import { TYPES, type TypeUrl } from "../types.ts";
import { AdsStream } from "./ads-stream.ts";
import { snapshotOf } from "./snapshot.ts";

const BEGUN = 5_000;
const { behind: LATE } = XDS_LIMITS;
const listener = { ...encodedCluster("in"), type: TYPES.listener };

let now: number;
let isReading: boolean;
let nonces: Map<string, string>;
let ads: AdsStream;

beforeEach(() => {
  [now, isReading, nonces] = [BEGUN, true, new Map()];
  const content = snapshotOf([encodedCluster("one"), listener]);
  ads = new AdsStream({
    protocol: "delta",
    limits: XDS_LIMITS,
    now: () => now,
    admit: () => content,
    send(message) {
      const { nonce, typeUrl } = fromBinary(DeltaDiscoveryResponseSchema, Buffer.concat(message));
      nonces.set(typeUrl, nonce);
    },
    canSend: () => isReading,
    lookAgain: () => undefined,
    received: () => undefined,
    judged: () => undefined,
  });
});

function ask(typeUrl: TypeUrl): void {
  ads.receive(toBinary(DeltaDiscoveryRequestSchema, create(DeltaDiscoveryRequestSchema, { typeUrl })));
}

function answer(typeUrl: TypeUrl, problem?: string): void {
  const said = problem === undefined ? {} : { errorDetail: { message: problem } };
  const request = { typeUrl, responseNonce: nonces.get(typeUrl) ?? "", ...said };
  ads.receive(toBinary(DeltaDiscoveryRequestSchema, create(DeltaDiscoveryRequestSchema, request)));
}

/** A proxy that has everything. */
function settle(): void {
  for (const type of [TYPES.cluster, TYPES.listener]) {
    ask(type);
    answer(type);
  }
}

const changed = (version: number) => snapshotOf([encodedCluster("one", version), listener]);

describe("a proxy is behind", () => {
  test("when it has not acknowledged what it was sent for some seconds, until it does, and since when is the same at each look", () => {
    settle();
    now += 60_000;
    expect(ads.behind()).toBeUndefined();
    ads.update(changed(2));
    now += LATE;
    expect(ads.behind()).toBeUndefined();
    for (let look = 1; look <= 3; look++) {
      now += 1_000;
      expect(ads.behind()).toEqual({ type: "cluster", since: 60_000 });
    }
    answer(TYPES.cluster);
    expect(ads.behind()).toBeUndefined();
  });

  test("since the oldest of several changes", () => {
    settle();
    for (let version = 2; version < 40; version++) {
      ads.update(changed(version));
      now += 2_000;
      ads.proceed();
    }
    expect(ads.behind()).toEqual({ type: "cluster", since: 0 });
  });

  test("not while changes come without end and it acknowledges each", () => {
    settle();
    for (let version = 2; version < 40; version++) {
      ads.update(changed(version));
      now += 2_000;
      expect(ads.behind()).toBeUndefined();
      answer(TYPES.cluster);
    }
  });

  test("when it acknowledges clusters, and does not go on to listeners", () => {
    ask(TYPES.cluster);
    answer(TYPES.cluster);
    now += LATE + 1;
    expect(ads.behind()).toEqual({ type: "listener", since: 0 });
    ask(TYPES.listener);
    answer(TYPES.listener);
    expect(ads.behind()).toBeUndefined();
  });

  test("when it does not acknowledge endpoints", () => {
    settle();
    ads.update(snapshotOf([encodedCluster("one"), listener, { ...encodedCluster("web"), type: TYPES.endpoints }]));
    ask(TYPES.endpoints);
    now += LATE + 1;
    expect(ads.behind()).toEqual({ type: "endpoints", since: 0 });
  });

  test("when it does not read what is to be sent", () => {
    settle();
    now += 1;
    isReading = false;
    ads.update(changed(2));
    now += LATE + 1;
    expect(ads.behind()).toEqual({ type: "cluster", since: 1 });
    isReading = true;
    ads.proceed();
    answer(TYPES.cluster);
    expect(ads.behind()).toBeUndefined();
  });

  test("not when it rejects something, which is another matter, but when it does not answer besides", () => {
    ask(TYPES.cluster);
    answer(TYPES.cluster, "no such cluster type");
    now += LATE + 1;
    expect(ads.behind()).toBeUndefined();
    ads.update(snapshotOf([encodedCluster("one"), encodedCluster("two"), listener]));
    now += LATE + 1;
    expect(ads.behind()).toEqual({ type: "cluster", since: LATE + 1 });
  });

  test("not before its first request, which has a deadline of its own", () => {
    now += LATE + 1;
    expect(ads.behind()).toBeUndefined();
  });
});
