import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  DeltaDiscoveryRequestSchema,
  DiscoveryRequestSchema,
} from "../generated/envoy/service/discovery/v3/discovery_pb.js";
import { XDS_LIMITS } from "../limits.ts";
import { readDeltaRequest, readSotwRequest } from "./requests.ts";

/* What is read by hand is what the generated messages write. */

type Delta = MessageInitShape<typeof DeltaDiscoveryRequestSchema>;

function delta(request: Delta): Uint8Array {
  return toBinary(DeltaDiscoveryRequestSchema, create(DeltaDiscoveryRequestSchema, request));
}

function sotw(request: MessageInitShape<typeof DiscoveryRequestSchema>): Uint8Array {
  return toBinary(DiscoveryRequestSchema, create(DiscoveryRequestSchema, request));
}

const text = fc.string({ unit: "binary", maxLength: 20 }).map((each) => each.toWellFormed());
const names = fc.array(text, { maxLength: 5 });
const node = fc.option(
  fc.record({
    id: text,
    cluster: text,
    metadata: fc.dictionary(text, fc.oneof(text, fc.boolean(), fc.integer(), fc.constant({ pod: { uid: "1" } }))),
    extensions: fc.array(fc.record({ name: text })),
  }),
);
const problem = fc.option(text);

test("a delta request is read as it was written", () => {
  const request = fc.record({
    typeUrl: text,
    subscribe: names,
    unsubscribe: names,
    versions: fc.dictionary(text, text),
    responseNonce: text,
    node,
    problem,
  });
  fc.assert(
    fc.property(request, ({ node: sender, subscribe, unsubscribe, versions, ...sent }) => {
      const bytes = delta({
        typeUrl: sent.typeUrl,
        responseNonce: sent.responseNonce,
        resourceNamesSubscribe: subscribe,
        resourceNamesUnsubscribe: unsubscribe,
        initialResourceVersions: versions,
        ...(sent.problem !== null && { errorDetail: { code: 3, message: sent.problem } }),
        ...(sender && { node: sender }),
      });
      const { type, node: claim, request: received } = readDeltaRequest(bytes, XDS_LIMITS, "read");
      expect(type).toBe(sent.typeUrl);
      expect(claim && { ...claim, metadata: { ...claim.metadata } }).toEqual(
        sender ? { id: sender.id, metadata: { ...sender.metadata } } : undefined,
      );
      expect({ ...received, initialVersions: { ...received.initialVersions } }).toEqual({
        subscribe,
        unsubscribe,
        initialVersions: { ...versions },
        responseNonce: sent.responseNonce,
        problem: sent.problem ?? undefined,
      });
    }),
  );
});

test("a state-of-the-world request is read as it was written", () => {
  fc.assert(
    fc.property(fc.record({ typeUrl: text, resourceNames: names, responseNonce: text }), (sent) => {
      const { type, node: claim, request } = readSotwRequest(sotw(sent), XDS_LIMITS, "read");
      const { typeUrl, ...rest } = sent;
      expect([type, claim, request]).toEqual([typeUrl, undefined, { ...rest, problem: undefined }]);
    }),
  );
});

test("whatever comes is read, or refused with a reason", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      try {
        readDeltaRequest(bytes, XDS_LIMITS, "read");
      } catch (error) {
        expect(error).toMatchObject({ name: "StreamClosed" });
      }
    }),
  );
});

test("the node is passed over after the first request", () => {
  const bytes = delta({ typeUrl: "t", node: { id: "x", metadata: { large: "x".repeat(XDS_LIMITS.metadataBytes) } } });
  expect(readDeltaRequest(bytes, XDS_LIMITS, "skip")).toMatchObject({ type: "t", node: undefined });
});

test("of a long problem the beginning is kept", () => {
  const bytes = delta({ errorDetail: { code: 3, message: "x".repeat(5_000) } });
  expect(readDeltaRequest(bytes, XDS_LIMITS, "read").request.problem).toHaveLength(XDS_LIMITS.rejectionText);
});

describe("refused before it is decoded is a request", () => {
  const many = Array.from({ length: XDS_LIMITS.names + 1 }, () => "");
  test.each<[string, Delta, string, string]>([
    ["with too many names", { resourceNamesSubscribe: many }, "too-many-names", "more than 4096 names"],
    ["with too many names taken back", { resourceNamesUnsubscribe: many }, "too-many-names", "more than 4096 names"],
    ["with a long name", { resourceNamesSubscribe: ["x".repeat(1025)] }, "too-many-names", "longer than 1024 bytes"],
    ["with a long version", { initialResourceVersions: { a: "x".repeat(1025) } }, "too-many-names", "longer than"],
    ["of a long id", { node: { id: "x".repeat(1025) } }, "message-too-large", "the node's id has 1025 bytes"],
    [
      "of large metadata",
      { node: { metadata: { x: "x".repeat(XDS_LIMITS.metadataBytes) } } },
      "message-too-large",
      "the node's metadata has",
    ],
    [
      "of a node with fields without end",
      { node: { clientFeatures: Array.from({ length: XDS_LIMITS.fields + 1 }, () => "") } },
      "malformed-message",
      "more than 10000 fields",
    ],
  ])("%s", (_what, request, code, message) => {
    expect(() => readDeltaRequest(delta(request), XDS_LIMITS, "read")).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) }),
    );
  });

  test("with nothing but numbers", () => {
    const bytes = Buffer.from("0800".repeat(XDS_LIMITS.fields + 1), "hex");
    expect(() => readSotwRequest(bytes, XDS_LIMITS, "read")).toThrow("more than 10000 fields");
  });
});
