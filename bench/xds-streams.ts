// How long many proxies take to come back to a control plane that was restarted, and what a stream costs it: a server in a
// process of its own, and clients that each have a connection over TLS, a token of their own, and Envoy's subscriptions.
// `npm run bench:xds -- [streams]`; figures go to standard output as JSON.
import { type ChildProcess, fork } from "node:child_process";
import { createSign, generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { type ClientHttp2Session, connect } from "node:http2";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { RefusedTokens } from "../src/control-plane/proxies/token/refused-tokens.ts";
import { SigningKeys } from "../src/control-plane/proxies/token/signing-keys.ts";
import { verifyToken } from "../src/control-plane/proxies/token/verify-token.ts";
import type { KubeClient } from "../src/kube/client.ts";
import type { JsonObject } from "../src/model/json.ts";
import { PLAIN_TRAITS } from "../src/model/proxy-traits.ts";
import { createAuthority, issueLeaf } from "../src/pki/authority.ts";
import { validFor } from "../src/pki/key-pair.ts";
import { encodeResource } from "../src/xds/encode/encode-resource.ts";
import {
  DeltaDiscoveryRequestSchema,
  DeltaDiscoveryResponseSchema,
} from "../src/xds/generated/envoy/service/discovery/v3/discovery_pb.js";
import { framed, MessageReader } from "../src/xds/serve/grpc-frames.ts";
import { snapshotOf } from "../src/xds/serve/snapshot.ts";
import { serveXds } from "../src/xds/serve/xds-server.ts";
import { translate } from "../src/xds/translate/translate.ts";
import { TYPES } from "../src/xds/types.ts";

const ISSUER = "https://kubernetes.default.svc";
const METHOD = "/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources";
/** About what Envoy's list of extensions has in a first request, some 60 KB. */
const EXTENSIONS = Array.from({ length: 1_000 }, (_, index) => ({
  name: `envoy.filters.http.some_extension_${index}`,
  category: "envoy.filters.http",
}));
/** Proxies that are connecting at the same time. */
const AT_ONCE = 50;

interface ServerInput {
  readonly certificate: string;
  readonly key: string;
  readonly jwk: JsonObject;
}

/** Content that never changes. */
const QUIET = { subscribe: () => undefined, close: () => undefined };

/** The server's process: listens, and tells its memory when it is asked. */
async function serve({ certificate, key, jwk }: ServerInput): Promise<void> {
  const { signal } = new AbortController();
  const client: KubeClient = {
    get: async (path) => (path.endsWith("jwks") ? { keys: [jwk] } : { issuer: ISSUER }),
    send: () => Promise.reject(new Error("nothing is reviewed here")),
    watch: () => Promise.reject(new Error("nothing is watched here")),
  };
  const keys = new SigningKeys({ client, signal, now: () => performance.now() });
  const refused = new RefusedTokens(() => performance.now());
  const checking = {
    keys,
    client,
    signal,
    refused,
    now: () => new Date(),
    mayAsk: () => false,
    checked: () => undefined,
  };
  const snapshot = snapshotOf(
    translate({ traits: { ...PLAIN_TRAITS, ipv6: true, directions: "separate" }, accessLog: "" }).map(encodeResource),
  );
  const server = await serveXds(
    { host: "127.0.0.1", port: 0 },
    {
      credentials: { certificate, key },
      application: {
        async authenticate(authorization, peer) {
          const { podUid, pod } = await verifyToken(checking, authorization, peer);
          return { key: podUid, name: pod };
        },
        admit: () => ({ ...QUIET, snapshot: () => snapshot, unwelcome: () => undefined, shown: () => ({}) }),
      },
      events: {
        opened: () => undefined,
        closed: () => undefined,
        received: () => undefined,
        sent: () => undefined,
        judged: () => undefined,
        refreshFailed: () => undefined,
        handshakeFailed: () => undefined,
      },
      maxAge: 3_600_000,
      // all of them come from one address here
      limits: { connectionsPerPeer: Number.POSITIVE_INFINITY },
    },
  );
  process.on("message", () => {
    globalThis.gc?.();
    const { user, system } = process.cpuUsage();
    const { rss, heapUsed } = process.memoryUsage();
    process.send?.({ rss, heapUsed, cpu: (user + system) / 1000, streams: server.streams() });
  });
  process.on("disconnect", () => process.exit());
  process.send?.({ port: server.address.port });
}

interface Answer {
  readonly port?: number;
  readonly rss: number;
  readonly heapUsed: number;
  /** Milliseconds. */
  readonly cpu: number;
  readonly streams: number;
}

async function ask(server: ChildProcess): Promise<Answer> {
  server.send({});
  const [answer] = (await once(server, "message")) as [Answer];
  return answer;
}

/** One proxy, from its connection to the acknowledgement of both types. */
async function proxy(port: number, ca: string, token: string, id: string): Promise<ClientHttp2Session> {
  const session = connect(`https://localhost:${port}`, { ca });
  const stream = session.request(
    { ":method": "POST", ":path": METHOD, "content-type": "application/grpc", authorization: `Bearer ${token}` },
    { endStream: false },
  );
  const send = (request: Parameters<typeof create<typeof DeltaDiscoveryRequestSchema>>[1]): void =>
    void stream.write(framed([toBinary(DeltaDiscoveryRequestSchema, create(DeltaDiscoveryRequestSchema, request))]));
  send({ typeUrl: TYPES.cluster, node: { id, extensions: EXTENSIONS } });
  send({ typeUrl: TYPES.listener });
  const reader = new MessageReader(1 << 20);
  const both = Promise.withResolvers<void>();
  let answered = 0;
  stream.on("error", both.reject);
  stream.on("trailers", (trailers) => both.reject(new Error(`the stream was ended: ${trailers["grpc-message"]}`)));
  session.on("error", both.reject);
  session.on("close", () => both.reject(new Error("the connection was closed")));
  stream.on("data", (chunk: Buffer) => {
    for (const bytes of reader.read(chunk)) {
      const { typeUrl, nonce } = fromBinary(DeltaDiscoveryResponseSchema, bytes);
      send({ typeUrl, responseNonce: nonce });
      answered += 1;
      if (answered === 2) both.resolve();
    }
  });
  await both.promise;
  return session;
}

async function measure(count: number): Promise<void> {
  const authority = await createAuthority("bench", validFor(1, new Date()));
  const leaf = await issueLeaf(authority, {
    dnsNames: ["localhost"],
    usage: "server",
    validity: validFor(1, new Date()),
  });
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const jwk = { ...(publicKey.export({ format: "jwk" }) as JsonObject), kid: "bench" };
  const tokenOf = (index: number): string => {
    const bearer = {
      namespace: "bench",
      pod: { name: `pod-${index}`, uid: `uid-${index}` },
      serviceaccount: { name: "default" },
    };
    const seconds = Math.floor(Date.now() / 1000);
    const claims = {
      iss: ISSUER,
      aud: ["outrigger.dev/xds"],
      exp: seconds + 3600,
      nbf: seconds,
      "kubernetes.io": bearer,
    };
    const signed = [{ alg: "ES256", kid: "bench" }, claims]
      .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
      .join(".");
    const signature = createSign("sha256").update(signed).sign({ key: privateKey, dsaEncoding: "ieee-p1363" });
    return `${signed}.${signature.toString("base64url")}`;
  };
  const tokens = Array.from({ length: count }, (_, index) => tokenOf(index));
  const input: ServerInput = { certificate: leaf.certificate, key: leaf.key, jwk };
  const server = fork(import.meta.filename, ["--serve"], {
    execArgv: ["--expose-gc"],
    env: { ...process.env, BENCH_INPUT: JSON.stringify(input) },
  });
  const [{ port = 0 }] = (await once(server, "message")) as [Answer];
  const before = await ask(server);
  const begun = performance.now();
  const sessions: ClientHttp2Session[] = [];
  // Envoys wait a random time before they come back; all at once would measure how long a handshake waits in a queue
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let index = next++; index < count; index = next++) {
      sessions.push(await proxy(port, authority.certificate, tokens[index] ?? "", `node-${index}`));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  const milliseconds = performance.now() - begun;
  const busy = await ask(server);
  await new Promise((resolve) => setTimeout(resolve, 3000));
  const after = await ask(server);
  for (const session of sessions) session.destroy();
  server.kill();
  const figures = {
    streams: after.streams,
    allAcknowledgedMilliseconds: Math.round(milliseconds),
    serverCpuMillisecondsPerStream: Number(((busy.cpu - before.cpu) / count).toFixed(2)),
    kilobytesPerIdleStream: Math.round((after.rss - before.rss) / count / 1024),
    kilobytesOfHeapPerIdleStream: Math.round((after.heapUsed - before.heapUsed) / count / 1024),
    megabytesBefore: Math.round(before.rss / 1024 / 1024),
  };
  process.stdout.write(`${JSON.stringify(figures)}\n`);
}

if (process.argv[2] === "--serve") await serve(JSON.parse(process.env["BENCH_INPUT"] ?? "{}") as ServerInput);
else await measure(Number(process.argv[2] ?? 500));
