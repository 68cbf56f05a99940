import { fromBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  DeltaDiscoveryResponseSchema,
  DiscoveryResponseSchema,
} from "../generated/envoy/service/discovery/v3/discovery_pb.js";
import { TYPES } from "../types.ts";
import { DeltaSubscription } from "./delta-subscription.ts";
import type { TypeSnapshot } from "./snapshot.ts";
import { SotwSubscription } from "./sotw-subscription.ts";

/* Whatever happens in whatever order: once everything is said, the client has exactly what it asked for. */

const NAMES = ["a", "b", "c"];

/** What there is: a version for some of the names. */
const content = fc.dictionary(fc.constantFrom(...NAMES), fc.integer({ min: 1, max: 3 }).map(String));
const step = fc.oneof(
  fc.record({ kind: fc.constant("change" as const), content }),
  fc.record({ kind: fc.constantFrom("ack" as const, "stale" as const) }),
  fc.record({ kind: fc.constant("name" as const), name: fc.constantFrom(...NAMES), wants: fc.boolean() }),
  fc.record({ kind: fc.constant("reconnect" as const) }),
);
const steps = fc.array(step, { maxLength: 30 });

function snapshotOf(versions: Readonly<Record<string, string>>): TypeSnapshot {
  const resources = Object.entries(versions).map(([name, version]) => ({
    type: TYPES.cluster,
    name,
    version,
    any: Buffer.from([0x0a, 1, version.charCodeAt(0)]),
  }));
  return { version: JSON.stringify(versions), resources: new Map(resources.map((each) => [each.name, each])) };
}

/** A client of the delta protocol that does what the specification asks of it. */
class DeltaClient {
  readonly has = new Map<string, string>();
  readonly wanted = new Set<string>();
  readonly isWildcard: boolean;
  #server = new DeltaSubscription(TYPES.cluster);
  #nonce = "";
  #unanswered = "";
  #count = 0;

  constructor(isWildcard: boolean) {
    this.isWildcard = isWildcard;
    this.connect();
  }

  connect(): void {
    this.#server = new DeltaSubscription(TYPES.cluster);
    this.#unanswered = "";
    const subscribe = [...(this.isWildcard ? ["*"] : ["always"]), ...this.wanted];
    this.#tell({ subscribe, initialVersions: Object.fromEntries(this.has) });
  }

  change(name: string, wants: boolean): void {
    if (wants === this.wanted.has(name)) return;
    if (wants) this.wanted.add(name);
    else {
      this.wanted.delete(name);
      // one that is subscribed to all of them hears again what there is of it
      this.has.delete(name);
    }
    this.#tell(wants ? { subscribe: [name] } : { unsubscribe: [name] });
  }

  answer(nonce = this.#unanswered): void {
    if (nonce === "") return;
    if (nonce === this.#unanswered) this.#unanswered = "";
    this.#tell({ responseNonce: nonce });
  }

  /** Takes what the server has to say; true when that was something. */
  take(snapshot: TypeSnapshot): boolean {
    const bytes = this.#server.next(snapshot, `nonce-${++this.#count}`);
    if (bytes === undefined) return false;
    expect(this.#unanswered).toBe("");
    const { nonce, removedResources, resources } = fromBinary(DeltaDiscoveryResponseSchema, Buffer.concat(bytes));
    for (const { name, version } of resources) this.has.set(name, version);
    for (const name of removedResources) this.has.delete(name);
    this.#nonce = nonce;
    this.#unanswered = this.#nonce;
    return true;
  }

  #tell(request: Partial<Parameters<DeltaSubscription["receive"]>[0]>): void {
    const nothing = { subscribe: [], unsubscribe: [], initialVersions: {}, responseNonce: "", problem: undefined };
    this.#server.receive({ ...nothing, ...request });
  }
}

test.each([{ isWildcard: true }, { isWildcard: false }])("delta, $isWildcard for all", ({ isWildcard }) => {
  fc.assert(
    fc.property(content, steps, (first, sequence) => {
      const client = new DeltaClient(isWildcard);
      let snapshot = snapshotOf(first);
      let now: Readonly<Record<string, string>> = first;
      for (const each of sequence) {
        client.take(snapshot);
        if (each.kind === "change") {
          now = each.content;
          snapshot = snapshotOf(now);
        } else if (each.kind === "name") client.change(each.name, each.wants);
        else if (each.kind === "reconnect") client.connect();
        else if (each.kind === "stale") client.answer("of-yesterday");
        else client.answer();
      }
      do client.answer();
      while (client.take(snapshot));
      const expected = Object.entries(now).filter(([name]) => isWildcard || client.wanted.has(name));
      expect(Object.fromEntries(client.has)).toEqual(Object.fromEntries(expected));
    }),
    { numRuns: 500 },
  );
});

test("state of the world, by names", () => {
  fc.assert(
    fc.property(content, steps, (first, sequence) => {
      let server = new SotwSubscription(TYPES.endpoints);
      const wanted = new Set(["always"]);
      let snapshot = snapshotOf(first);
      let now: Readonly<Record<string, string>> = first;
      let has: readonly string[] = [];
      let nonce = "";
      let count = 0;
      const tell = (responseNonce = nonce): void =>
        void server.receive({ resourceNames: [...wanted], responseNonce, problem: undefined });
      const take = (): boolean => {
        const bytes = server.next(snapshot, `nonce-${++count}`);
        if (bytes === undefined) return false;
        const response = fromBinary(DiscoveryResponseSchema, Buffer.concat(bytes));
        has = response.resources.map(({ typeUrl }) => typeUrl);
        nonce = response.nonce;
        return true;
      };
      tell();
      for (const each of sequence) {
        take();
        if (each.kind === "change") {
          now = each.content;
          snapshot = snapshotOf(now);
        } else if (each.kind === "reconnect") {
          server = new SotwSubscription(TYPES.endpoints);
          nonce = "";
          tell();
        } else if (each.kind === "stale") tell("of-yesterday");
        else {
          if (each.kind === "name" && each.wants) wanted.add(each.name);
          if (each.kind === "name" && !each.wants) wanted.delete(each.name);
          tell();
        }
      }
      do tell();
      while (take());
      const expected = Object.entries(now).filter(([name]) => wanted.has(name));
      expect([...has].sort()).toEqual(expected.map(([, version]) => version).sort());
    }),
    { numRuns: 500 },
  );
});
