import { create, toBinary } from "@bufbuild/protobuf";
import { beforeEach, expect, test } from "vitest";
import { encodedCluster } from "../../../test/encoded-cluster.ts";
import { DeltaDiscoveryRequestSchema } from "../generated/envoy/service/discovery/v3/discovery_pb.js";
import { XDS_LIMITS } from "../limits.ts";
import { TYPES } from "../types.ts";
import { AdsStream } from "./ads-stream.ts";
import type { Caller, ServedProxy } from "./application.ts";
import { type Snapshot, snapshotOf } from "./snapshot.ts";
import type { StreamClosed } from "./stream-closed.ts";
import { type ActiveStream, Streams } from "./streams.ts";

/* One stream for which something fails is that stream's trouble alone. */

const limits = { ...XDS_LIMITS, streamBurst: 2, streamsPerSecond: 1 };

let time: number;
let streams: Streams;
beforeEach(() => {
  time = 0;
  streams = new Streams(limits, () => time);
});

interface TestStream extends ActiveStream {
  readonly sent: Buffer[];
  readonly ends: StreamClosed[];
}

function clusterOf(name: string): Snapshot {
  return snapshotOf([encodedCluster(name)]);
}

/** A stream that has asked for all clusters and got what its proxy had then. */
function begun(name: string, proxy: Partial<ServedProxy>): TestStream {
  const sent: Buffer[] = [];
  const ends: StreamClosed[] = [];
  const served = {
    snapshot: () => clusterOf("one"),
    unwelcome: () => undefined,
    shown: () => ({}),
    ...QUIET,
    ...proxy,
  };
  const ads = new AdsStream({
    protocol: "delta",
    limits,
    now: () => time,
    admit: () => clusterOf("one"),
    send: (message) => void sent.push(Buffer.concat(message)),
    canSend: () => true,
    lookAgain: () => undefined,
    received: () => undefined,
    judged: () => undefined,
  });
  const caller: Caller = { key: name, name };
  const stream: TestStream = {
    caller,
    protocol: "delta",
    peer: "",
    since: 0,
    endsAt: Number.POSITIVE_INFINITY,
    ads,
    proxy: () => served,
    end: (why) => void ends.push(why),
    sent,
    ends,
  };
  streams.add(stream);
  ads.receive(request(""));
  ads.receive(request("1"));
  return stream;
}

const QUIET = { subscribe: () => undefined, close: () => undefined };

function request(responseNonce: string): Uint8Array {
  const message = { typeUrl: TYPES.cluster, responseNonce };
  return toBinary(DeltaDiscoveryRequestSchema, create(DeltaDiscoveryRequestSchema, message));
}

function broken(): never {
  throw new Error("a fault");
}

test("a stream that cannot be looked at is ended, and the others are looked at", () => {
  const ill = begun("ill", { unwelcome: broken });
  const late = { ...begun("late", {}), endsAt: 1 };
  streams.add(late);
  time = 2;
  for (const _ of streams.sweep());
  expect(ill.ends.map(({ code }) => code)).toEqual(["internal-error"]);
  expect(late.ends.map(({ code }) => code)).toEqual(["aged"]);
});

test("one is looked at in each step; those that end meanwhile are passed over", () => {
  const looked: string[] = [];
  const stream = (name: string): TestStream => begun(name, { unwelcome: () => void looked.push(name) });
  const [, second] = [stream("a"), stream("b"), stream("c")];
  const sweep = streams.sweep();
  sweep.next();
  expect(looked).toEqual(["a"]);
  streams.remove(second);
  expect([sweep.next().done, sweep.next().done]).toEqual([false, true]);
  expect(looked).toEqual(["a", "c"]);
});

test("a pod may begin streams again after a while", () => {
  begun("web", {});
  begun("web", {});
  expect(() => begun("web", {})).toThrow("begins streams over and over");
  begun("other", {});
  time = 1_000;
  for (const _ of streams.sweep());
  begun("web", {});
  expect(() => begun("web", {})).toThrow("expected at most 2 at once and 1 a second");
});
