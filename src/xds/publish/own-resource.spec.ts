import { create } from "@bufbuild/protobuf";
import { beforeEach, expect, test } from "vitest";
import { encodeResource } from "../encode/encode-resource.ts";
import { resourceOf } from "../encode/resource.ts";
import { ClusterSchema } from "../generated/envoy/config/cluster/v3/cluster_pb.js";
import { ListenerSchema } from "../generated/envoy/config/listener/v3/listener_pb.js";
import type { EncodedResource } from "../serve/resource.ts";
import { type Snapshot, snapshotOf } from "../serve/snapshot.ts";
import { TYPES } from "../types.ts";
import { type OwnPublication, withOwnResource } from "./own-resource.ts";

const listener = (name: string, statPrefix = ""): EncodedResource =>
  encodeResource(resourceOf(create(ListenerSchema, { name, statPrefix })));
const cluster = (name: string): EncodedResource => encodeResource(resourceOf(create(ClusterSchema, { name })));

let shared: Snapshot;
let changeShared: (snapshot: Snapshot) => void;
let publication: OwnPublication<string>;
let told: Snapshot[];

beforeEach(() => {
  shared = snapshotOf([listener("in"), cluster("one")]);
  told = [];
  publication = withOwnResource({
    snapshot: () => shared,
    subscribe(changed) {
      changeShared = (snapshot) => {
        shared = snapshot;
        changed(snapshot);
      };
    },
    move: () => undefined,
    close: () => undefined,
  });
});

const listeners = (snapshot: Snapshot | undefined) => [...(snapshot?.get(TYPES.listener)?.resources.keys() ?? [])];

test("without an own resource it is what is shared", () => {
  expect(publication.snapshot()).toBe(shared);
  publication.own(undefined);
  expect(publication.snapshot()).toBe(shared);
});

test("an own resource stands beside what is shared, and everything else stays the same object", () => {
  publication.own(listener("mine"));
  const first = publication.snapshot();
  expect(listeners(first)).toEqual(["in", "mine"]);
  expect(first.get(TYPES.cluster)).toBe(shared.get(TYPES.cluster));
  expect(publication.snapshot()).toBe(first);
  expect(listeners(shared)).toEqual(["in"]);
});

test("a change of something shared leaves the own type as it is, and the stream is told both together", () => {
  publication.own(listener("mine"));
  publication.subscribe((snapshot) => told.push(snapshot));
  const before = publication.snapshot().get(TYPES.listener);
  changeShared(snapshotOf([listener("in"), cluster("one"), cluster("two")], shared));
  expect(told).toHaveLength(1);
  expect(told[0]).toBe(publication.snapshot());
  expect(told[0]?.get(TYPES.listener)).toBe(before);
  changeShared(snapshotOf([listener("out")], shared));
  expect(listeners(told[1])).toEqual(["out", "mine"]);
});

test("the stream is told when its own comes, becomes another and goes; not when it is the same", () => {
  publication.subscribe((snapshot) => told.push(snapshot));
  publication.own(listener("mine"));
  publication.own(listener("mine"));
  expect(told.map(listeners)).toEqual([["in", "mine"]]);
  const version = told[0]?.get(TYPES.listener)?.version;
  publication.own(listener("mine", "other"));
  expect(told[1]?.get(TYPES.listener)?.version).not.toBe(version);
  publication.own(undefined);
  expect(told[2]).toBe(shared);
});
