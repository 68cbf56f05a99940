import { beforeEach, expect, test } from "vitest";
import { ownAddresses as at, headless, slice } from "../../../test/services.ts";
import { type CacheChange, ObjectCache } from "../../kube/object-cache.ts";
import type { ServiceChange } from "../../model/mesh-change.ts";
import type { ServiceSummary, SliceSummary } from "../../model/services.ts";
import { KnownServices, type MembersChange } from "./known-services.ts";

/** What an informer shows of itself, filled by a test. */
class Filled<T> {
  readonly cache = new ObjectCache<T>();
  readonly synced: Promise<void>;
  readonly #sync: () => void;
  readonly #listeners = new Set<(change: CacheChange<T>) => void>();

  constructor() {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.synced = promise;
    this.#sync = resolve;
  }

  onChange(listener: (change: CacheChange<T>) => void): void {
    this.#listeners.add(listener);
  }

  put(namespace: string, name: string, value: T | undefined): void {
    const change =
      value === undefined ? this.cache.delete(namespace, name) : this.cache.set({ namespace, name, value });
    if (change !== undefined) for (const listener of this.#listeners) listener(change);
  }

  sync(): void {
    this.#sync();
  }
}

const HEADLESS = headless();
const NEVER = new AbortController().signal;

let services: Filled<ServiceSummary>;
let slices: Filled<SliceSummary>;
let found: KnownServices;
let told: (readonly (ServiceChange | MembersChange)[])[];

beforeEach(() => {
  services = new Filled();
  slices = new Filled();
  found = new KnownServices(services, slices, NEVER);
  told = [];
  found.onChange((changes) => told.push(changes), NEVER);
});

async function synced(): Promise<void> {
  services.sync();
  slices.sync();
  await found.synced;
}

/** What was told in this go: Services with their addresses before and after, and ports that have other members. */
async function changes(): Promise<readonly string[]> {
  await new Promise(setImmediate);
  const all = told.flat().map((change) => {
    if (change.kind === "members") return `members of ${change.of.namespace}/${change.of.service}:${change.of.port}`;
    const [before, after] = [change.before, change.after].map((facts) => facts?.addresses?.join(" ") ?? "none");
    return `${change.namespace}/${change.name}: ${before} → ${after}`;
  });
  told = [];
  return all;
}

test("nothing is told before both are known, and then everything together", async () => {
  services.put("shop", "db", at("10.96.0.1"));
  services.put("shop", "queue", HEADLESS);
  slices.put("shop", "queue-1", slice("queue", "10.1.0.1"));
  services.sync();
  expect(await changes()).toEqual([]);
  slices.sync();
  await found.synced;
  expect(told).toHaveLength(1);
  expect(await changes()).toEqual([
    "shop/db: none → 10.96.0.1",
    "shop/queue: none → 10.1.0.1",
    "members of shop/queue:80",
  ]);
  expect(found.members({ namespace: "shop", service: "queue", port: 80 })).toMatchObject([{ address: "10.1.0.1" }]);
});

test("a Service comes, changes and goes, and so do its endpoints", async () => {
  await synced();
  services.put("shop", "db", at("10.96.0.1"));
  expect(await changes()).toEqual(["shop/db: none → 10.96.0.1"]);
  services.put("shop", "db", at("10.96.0.2", "fd00::2"));
  expect(await changes()).toEqual(["shop/db: 10.96.0.1 → 10.96.0.2 fd00::2"]);
  slices.put("shop", "db-1", slice("db"));
  expect(await changes()).toEqual(["shop/db: 10.96.0.2 fd00::2 → 10.96.0.2 fd00::2"]);
  slices.put("shop", "db-1", slice("db", "10.1.0.2"));
  expect(await changes()).toEqual(["members of shop/db:80"]);
  services.put("shop", "db", undefined);
  expect(await changes()).toEqual(["shop/db: 10.96.0.2 fd00::2 → none", "members of shop/db:80"]);
});

test("a slice may come before its Service, and go to another one", async () => {
  await synced();
  slices.put("shop", "queue-1", slice("queue", "10.1.0.2"));
  slices.put("shop", "other", slice("", "10.1.0.1"));
  expect(await changes()).toEqual([]);
  services.put("shop", "queue", HEADLESS);
  slices.put("bank", "queue-1", slice("queue", "10.1.0.9"));
  expect(await changes()).toEqual(["shop/queue: none → 10.1.0.2", "members of shop/queue:80"]);
  slices.put("shop", "queue-1", slice("other", "10.1.0.2"));
  expect(await changes()).toEqual(["shop/queue: 10.1.0.2 → ", "members of shop/queue:80"]);
});

test("what comes back within one go is no change", async () => {
  await synced();
  services.put("shop", "db", at("10.96.0.1"));
  await changes();
  services.put("shop", "db", undefined);
  services.put("shop", "db", at("10.96.0.1"));
  expect(await changes()).toEqual([]);
});

test("whoever joins later is told everything as new, and nobody after the signal", async () => {
  await synced();
  services.put("shop", "db", at("10.96.0.1"));
  await changes();
  const late: (ServiceChange | MembersChange)[] = [];
  const leaving = new AbortController();
  found.onChange((all) => late.push(...all), leaving.signal);
  const after = { addresses: ["10.96.0.1"], endpoints: new Map(), headless: false, ports: [80], hasSlices: false };
  expect(late).toEqual([{ kind: "service", namespace: "shop", name: "db", before: undefined, after }]);
  leaving.abort();
  services.put("shop", "db", undefined);
  await changes();
  expect(late).toHaveLength(1);
});
