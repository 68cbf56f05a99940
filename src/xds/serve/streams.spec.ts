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
let failures: [name: string, error: unknown][];
let streams: Streams;
beforeEach(() => {
  time = 0;
  failures = [];
  streams = new Streams(
    limits,
    () => time,
    (caller, error) => void failures.push([caller.name, error]),
  );
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
  const served = { snapshot: () => clusterOf("one"), unwelcome: () => undefined, shown: () => ({}), ...proxy };
  const ads = new AdsStream({
    protocol: "delta",
    limits,
    now: () => time,
    admit: () => clusterOf("one"),
    send: (message) => void sent.push(Buffer.concat(message)),
    received: () => undefined,
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

function request(responseNonce: string): Uint8Array {
  const message = { typeUrl: TYPES.cluster, responseNonce };
  return toBinary(DeltaDiscoveryRequestSchema, create(DeltaDiscoveryRequestSchema, message));
}

function broken(): never {
  throw new Error("a fault");
}

test("a change that cannot be made for one is brought to all others", async () => {
  const ill = begun("ill", { snapshot: broken });
  const well = begun("well", { snapshot: () => clusterOf("two") });
  await streams.refresh();
  expect([ill.sent.length, well.sent.length]).toEqual([1, 2]);
  expect(failures).toEqual([["ill", new Error("a fault")]]);
  expect(ill.ends).toEqual([]);
});

test("a change that cannot be sent leaves what was, and the next one is sent", async () => {
  let content: Snapshot = new Map([[TYPES.cluster, { version: "2", resources: { values: broken } as never }]]);
  const { sent } = begun("ill", { snapshot: () => content });
  await streams.refresh();
  expect(failures).toHaveLength(1);
  content = clusterOf("two");
  await streams.refresh();
  expect(sent).toHaveLength(2);
});

test("a stream that cannot be looked at is ended, and the others are looked at", () => {
  const ill = begun("ill", { unwelcome: broken });
  const late = { ...begun("late", {}), endsAt: 1 };
  streams.add(late);
  time = 2;
  streams.sweep();
  expect(ill.ends.map(({ code }) => code)).toEqual(["internal-error"]);
  expect(late.ends.map(({ code }) => code)).toEqual(["aged"]);
});

test("a pod may begin streams again after a while", () => {
  begun("web", {});
  begun("web", {});
  expect(() => begun("web", {})).toThrow("begins streams over and over");
  begun("other", {});
  time = 1_000;
  streams.sweep();
  begun("web", {});
  expect(() => begun("web", {})).toThrow("expected at most 2 at once and 1 a second");
});
