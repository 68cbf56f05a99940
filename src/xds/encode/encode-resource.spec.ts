import { create, fromBinary } from "@bufbuild/protobuf";
import { AnySchema } from "@bufbuild/protobuf/wkt";
import { expect, test } from "vitest";
import { encodedCluster } from "../../../test/encoded-cluster.ts";
import { type Cluster, ClusterSchema } from "../generated/envoy/config/cluster/v3/cluster_pb.js";
import { ClusterLoadAssignmentSchema } from "../generated/envoy/config/endpoint/v3/endpoint_pb.js";
import { HttpProtocolOptionsSchema } from "../generated/envoy/extensions/upstreams/http/v3/http_protocol_options_pb.js";
import { TYPES } from "../types.ts";
import { encodeResource } from "./encode-resource.ts";
import { resourceFrom, resourceOf } from "./resource.ts";
import { seconds, typed } from "./typed.ts";

test("a resource is an Any of its message, named as the message is", () => {
  const { type, name, any } = encodedCluster("one", 2.5);
  expect([type, name]).toEqual([TYPES.cluster, "one"]);
  const { typeUrl, value } = fromBinary(AnySchema, any);
  expect(typeUrl).toBe(TYPES.cluster);
  expect(fromBinary(ClusterSchema, value)).toMatchObject({ name: "one", connectTimeout: seconds(2.5) });
});

test("endpoints are named as their cluster is", () => {
  const resource = resourceOf(create(ClusterLoadAssignmentSchema, { clusterName: "one" }));
  expect(resource).toMatchObject({ type: TYPES.endpoints, name: "one" });
});

test("resources of equal content are one object; those of other content have another version", () => {
  expect(encodedCluster("one")).toBe(encodedCluster("one"));
  expect(encodedCluster("one", 2).version).not.toBe(encodedCluster("one").version);
  expect(encodedCluster("two").version).not.toBe(encodedCluster("one").version);
});

test("what a function makes of the same arguments is made and encoded once, as long as somebody has it", () => {
  const made: number[] = [];
  const make = (name: string, { timeout }: { readonly timeout: number }): Cluster => {
    made.push(timeout);
    return create(ClusterSchema, { name, connectTimeout: seconds(timeout) });
  };
  const first = encodeResource(resourceFrom(make, [], "one", { timeout: 1 }));
  expect(encodeResource(resourceFrom(make, [], "one", { timeout: 1 }))).toBe(first);
  expect(made).toEqual([1]);
  expect(encodeResource(resourceFrom(make, [], "one", { timeout: 2 })).version).not.toBe(first.version);
  expect(encodeResource(resourceOf(make("one", { timeout: 1 })))).toBe(first);
});

test("another function, and another origin, is another resource for equal arguments", () => {
  const names = ["a", "b"].map((name) => {
    const make = (): Cluster => create(ClusterSchema, { name });
    return encodeResource(resourceFrom(make, [])).name;
  });
  expect(names).toEqual(["a", "b"]);
  const make = (): Cluster => create(ClusterSchema, { name: "c" });
  const origin = { kind: "VirtualNode", namespace: "shop", name: "web" };
  expect(encodeResource(resourceFrom(make, [])).origins).toEqual([]);
  expect(encodeResource(resourceFrom(make, [origin])).origins).toEqual([origin]);
});

test("the order in which entries of maps were written makes no other version", () => {
  expect(encodeResource(resourceOf(withMaps(["b", "a", "c"])))).toBe(
    encodeResource(resourceOf(withMaps(["c", "b", "a"]))),
  );
  expect(encodeResource(resourceOf(withMaps(["a", "b"]))).version).not.toBe(encodedCluster("one").version);
});

test("encoding leaves the message as it is", () => {
  const message = withMaps(["b", "a"]);
  const before = JSON.stringify(message);
  encodeResource(resourceOf(Object.freeze(message)));
  expect(JSON.stringify(message)).toBe(before);
});

test("a number that does not fit its field is an error, not another number", () => {
  const clusterDiscoveryType = { case: "type", value: 2 ** 40 } as const;
  const message = create(ClusterSchema, { name: "one", clusterDiscoveryType: clusterDiscoveryType as never });
  expect(() => encodeResource(resourceOf(message))).toThrow(/int32/);
});

test.each([
  [0, 0n, 0],
  [15, 15n, 0],
  [0.25, 0n, 250_000_000],
  [0.1 + 0.2, 0n, 300_000_000],
  [1.001, 1n, 1_000_000],
])("%d seconds", (value, whole, nanos) => {
  expect(seconds(value)).toMatchObject({ seconds: whole, nanos });
});

/** Maps at each place where a message may have one: its own, of messages, in a Struct, below a list, in a oneof's message. */
function withMaps(keys: readonly string[]): Cluster {
  const struct = Object.fromEntries(
    keys.map((key) => [key, { list: [Object.fromEntries(keys.map((each) => [each, 1]))] }]),
  );
  const filterMetadata = Object.fromEntries(keys.map((key) => [key, struct]));
  const hostIdentifier = { case: "endpoint", value: {} } as const;
  return create(ClusterSchema, {
    name: "one",
    metadata: { filterMetadata },
    typedExtensionProtocolOptions: Object.fromEntries(keys.map((key) => [key, typed(HttpProtocolOptionsSchema)])),
    transportSocketMatches: [{ name: "one", match: struct }],
    loadAssignment: { endpoints: [{ lbEndpoints: [{ hostIdentifier, metadata: { filterMetadata } }] }] },
  });
}
