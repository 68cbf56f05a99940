import type { JsonObject } from "../src/model/json.ts";
import type { XdsLimits } from "../src/xds/limits.ts";
import type { Rejection } from "../src/xds/serve/ads-stream.ts";
import type { Caller, StreamEnd, XdsEvents } from "../src/xds/serve/application.ts";
import type { Receipt } from "../src/xds/serve/exchange.ts";
import { type Snapshot, snapshotOf } from "../src/xds/serve/snapshot.ts";
import { StreamClosed } from "../src/xds/serve/stream-closed.ts";
import { serveXds, type XdsServer } from "../src/xds/serve/xds-server.ts";
import { encodedCluster } from "./encoded-cluster.ts";
import { type TestAuthority, testAuthority } from "./envoy/authority.ts";
import { type XdsClient, xdsClient } from "./xds-client.ts";

/** The xDS server with an application of a few lines: the token is the caller's name, and everybody has the same content. */
export interface TestXds {
  readonly server: XdsServer;
  readonly authority: TestAuthority;
  readonly endings: readonly StreamEnd[];
  readonly receipts: readonly Receipt[];
  readonly rejections: readonly Rejection[];
  /** Changes that could not be brought to somebody. */
  readonly failures: readonly unknown[];
  /** What everybody gets from now on. */
  serve(snapshot: Snapshot): Promise<void>;
  /** From now on these callers are not welcome any more. */
  expel(...names: readonly string[]): void;
  /** A client of its own; closed with the rest. */
  client(): XdsClient;
  /** Resolves with the next end of a stream that is like this. */
  ending(reason: StreamClosed["code"]): Promise<StreamEnd>;
  /** Ends every stream, changes what there is, and takes new ones: as a replica does that takes over from another one. */
  restart(meanwhile: () => Promise<void>): Promise<void>;
  stop(): Promise<void>;
}

export interface TestXdsOptions {
  readonly limits?: Partial<XdsLimits>;
  readonly maxAge?: number;
  /** In place of chance. */
  readonly random?: () => number;
  /** Callers whose authentication takes until this resolves. */
  readonly hold?: Promise<void>;
}

export async function testXds(options: TestXdsOptions = {}): Promise<TestXds> {
  const authority = await testAuthority();
  const { cert, key } = await authority.issue({ type: "dns", value: "localhost" });
  const endings: StreamEnd[] = [];
  const receipts: Receipt[] = [];
  const waiting: { reason: string; resolve: (end: StreamEnd) => void }[] = [];
  const expelled = new Set<string>();
  const clients: XdsClient[] = [];
  let snapshot = clusters("one");
  const listeners = new Set<(next: Snapshot) => void>();
  const rejections: Rejection[] = [];
  const failures: unknown[] = [];
  let held = options.hold;
  let generation = 0;
  const events: XdsEvents = {
    opened: () => undefined,
    closed(end) {
      endings.push(end);
      const index = waiting.findIndex(({ reason }) => reason === end.why.code);
      if (index >= 0) waiting.splice(index, 1)[0]?.resolve(end);
    },
    received: (_caller, _type, receipt) => void receipts.push(receipt),
    sent: () => undefined,
    judged: (_caller, rejection) => void rejections.push(rejection),
    refreshFailed: (_caller, error) => void failures.push(error),
    handshakeFailed: () => undefined,
  };
  const server = await serveXds<Caller>(
    { host: "127.0.0.1", port: 0 },
    {
      credentials: { certificate: cert, key },
      application: {
        async authenticate(authorization) {
          await held;
          const name = /^Bearer (.+)$/.exec(authorization ?? "")?.[1];
          if (name === undefined) throw new StreamClosed("no-token", "there is no token");
          return { key: name, name };
        },
        admit(caller) {
          const mine = generation;
          let changed: (next: Snapshot) => void = () => undefined;
          const tell = (next: Snapshot): void => changed(next);
          listeners.add(tell);
          return {
            snapshot: () => snapshot,
            subscribe(callback) {
              changed = callback;
            },
            close: () => void listeners.delete(tell),
            unwelcome() {
              if (mine !== generation) return new StreamClosed("aged", "the replica is restarted");
              return expelled.has(caller.name) ? new StreamClosed("pod-gone", "the pod is gone") : undefined;
            },
            shown: (): JsonObject => ({ caller: caller.name }),
          };
        },
      },
      events,
      maxAge: options.maxAge ?? 3_600_000,
      ...(options.limits && { limits: options.limits }),
      ...(options.random && { random: options.random }),
    },
  );
  return {
    server,
    authority,
    endings,
    receipts,
    rejections,
    failures,
    async serve(next) {
      snapshot = next;
      for (const tell of listeners) tell(next);
      // as the real one does: others get their turn
      await new Promise((turn) => setImmediate(turn));
    },
    expel: (...names) => {
      for (const name of names) expelled.add(name);
    },
    client() {
      const made = xdsClient(server.address.port, authority.pem);
      clients.push(made);
      return made;
    },
    ending(reason) {
      const { promise, resolve } = Promise.withResolvers<StreamEnd>();
      const known = endings.find(({ why }) => why.code === reason);
      if (known !== undefined) resolve(known);
      else waiting.push({ reason, resolve });
      return promise;
    },
    async restart(meanwhile) {
      const { promise, resolve } = Promise.withResolvers<void>();
      held = promise;
      generation += 1;
      while (server.streams() > 0) await new Promise((turn) => setTimeout(turn, 5));
      await meanwhile();
      resolve();
    },
    async stop() {
      for (const client of clients) client.close();
      const drained = server.drain(0);
      server.destroy();
      await drained;
    },
  };
}

/** Content of clusters with these names; a name with `=` has a content of its own: `one=3` is cluster `one` with a timeout of 3 s. */
export function clusters(...descriptions: readonly string[]): Snapshot {
  return snapshotOf(
    descriptions.map((description) => {
      const [name = "", seconds = "1"] = description.split("=");
      return encodedCluster(name, Number(seconds));
    }),
  );
}
