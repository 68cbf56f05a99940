import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { AnySchema } from "@bufbuild/protobuf/wkt";
import { expect, test } from "vitest";
import { encodeResource } from "../encode/encode-resource.ts";
import { resourceOf } from "../encode/resource.ts";
import { SecretSchema } from "../generated/envoy/extensions/transport_sockets/tls/v3/secret_pb.js";
import {
  DeltaDiscoveryRequestSchema,
  DeltaDiscoveryResponseSchema,
} from "../generated/envoy/service/discovery/v3/discovery_pb.js";
import { XDS_LIMITS } from "../limits.ts";
import { TYPES } from "../types.ts";
import { AdsStream, type Rejection } from "./ads-stream.ts";
import { snapshotOf } from "./snapshot.ts";

/* A secret that names files is tried again after it was rejected: the files may be there by then. */

const EVERY = XDS_LIMITS.retryRejected;

function secretOf(name: string, watched: string | undefined) {
  const trustedCa = { specifier: { case: "filename", value: "/tls/ca.pem" } } as const;
  const watchedDirectory = watched === undefined ? {} : { watchedDirectory: { path: watched } };
  const type = { case: "validationContext", value: { trustedCa, ...watchedDirectory } } as const;
  return encodeResource(resourceOf(create(SecretSchema, { name, type })));
}

/** A stream that asks for these secrets, and what it was sent: the watched folders by the secrets' names. */
function streamWith(...secrets: readonly ReturnType<typeof secretOf>[]) {
  return returning({}, 0, ...secrets);
}

/** The same of a client that has these versions from an earlier stream. `begun`: milliseconds. */
function returning(
  initialResourceVersions: Readonly<Record<string, string>>,
  begun: number,
  ...secrets: readonly ReturnType<typeof secretOf>[]
) {
  const sent: Buffer[] = [];
  const judged: Rejection[] = [];
  let time = begun;
  let again: number | undefined;
  const ads = new AdsStream({
    protocol: "delta",
    limits: XDS_LIMITS,
    now: () => time,
    admit: () => snapshotOf(secrets),
    send: (message) => void sent.push(Buffer.concat(message)),
    canSend: () => true,
    lookAgain: (milliseconds) => (again = milliseconds),
    received: () => undefined,
    judged: (rejection) => void judged.push(rejection),
  });
  const ask = (request: MessageInitShape<typeof DeltaDiscoveryRequestSchema>): void =>
    ads.receive(
      toBinary(DeltaDiscoveryRequestSchema, create(DeltaDiscoveryRequestSchema, { typeUrl: TYPES.secret, ...request })),
    );
  ask({ resourceNamesSubscribe: secrets.map(({ name }) => name), initialResourceVersions });
  const last = () => fromBinary(DeltaDiscoveryResponseSchema, sent.at(-1) ?? Buffer.of());
  return {
    judged,
    again: () => again,
    answer: (message?: string) =>
      ask({ responseNonce: last().nonce, ...(message !== undefined && { errorDetail: { message } }) }),
    pass(milliseconds: number) {
      time += milliseconds;
      ads.proceed();
    },
    responses: () => sent.length,
    /** Of the last response. */
    folders: () =>
      last().resources.map(({ name, resource }) => {
        const any = resource ?? create(AnySchema);
        const { value } = fromBinary(SecretSchema, any.value).type;
        return [name, value !== undefined && "watchedDirectory" in value ? value.watchedDirectory?.path : undefined];
      }),
  };
}

test("in other bytes each time, never in the first again, until it is accepted", () => {
  const stream = streamWith(secretOf("one", "/tls"));
  const seen = [stream.folders()];
  for (let count = 0; count < 3; count++) {
    stream.answer("no such file");
    expect(stream.again()).toBe(EVERY);
    stream.pass(EVERY - 1);
    expect(stream.responses()).toBe(count + 1);
    stream.pass(1);
    seen.push(stream.folders());
  }
  expect(seen).toEqual([[["one", "/tls"]], [["one", "/tls/."]], [["one", "/tls/./"]], [["one", "/tls/./."]]]);
  stream.answer();
  stream.pass(10 * EVERY);
  expect(stream.responses()).toBe(4);
  // said once each: that it is rejected, and that it is not any more
  expect(stream.judged.map(({ problem }) => problem)).toEqual(["no such file", undefined]);
});

test("while others are sent, and accepted, as ever", () => {
  const stream = streamWith(secretOf("one", "/a"), secretOf("two", "/b"));
  stream.answer("no such file");
  expect(stream.folders()).toEqual([["two", "/b"]]);
  stream.answer();
  stream.pass(EVERY);
  expect(stream.folders()).toEqual([["one", "/a/."]]);
});

test("in other bytes than a new client's from the beginning, where the client may have rejected those in a stream before", () => {
  const stream = returning({ other: "1" }, 4, secretOf("one", "/tls"));
  expect(stream.folders()).toEqual([["one", "/tls/.//."]]);
  stream.answer("no such file");
  stream.pass(EVERY);
  expect(stream.folders()).toEqual([["one", "/tls/././"]]);
});

test("after very many tries in the bytes of earlier ones, but never in the first", () => {
  const { again } = secretOf("one", "/tls");
  const bytes = (further: number) => Buffer.from(again?.(further).any ?? []).toString("base64");
  expect(bytes(1024)).toBe(bytes(1));
  expect(bytes(1023)).not.toBe(bytes(1));
  expect(bytes(1023)).not.toBe(Buffer.from(secretOf("one", "/tls").any).toString("base64"));
});

test("and one that watches nothing stays rejected", () => {
  const stream = streamWith(secretOf("one", undefined));
  stream.answer("no");
  stream.pass(10 * EVERY);
  expect(stream.responses()).toBe(1);
});
