import { beforeEach, describe, expect, test } from "vitest";
import { endpoint, headless, ownAddresses, slice } from "../../test/services.ts";
import type { ServiceSummary, SliceSummary } from "../model/services.ts";
import { Registry, type RegistryDirty } from "./registry.ts";

let registry: Registry;

beforeEach(() => {
  registry = new Registry();
});

function put(place: string, after: ServiceSummary | undefined): readonly string[] {
  const [namespace = "", name = ""] = place.split("/");
  return shown(registry.apply([{ kind: "service", namespace, name, after }]));
}

function putSlice(place: string, after: SliceSummary | undefined): readonly string[] {
  const [namespace = "", name = ""] = place.split("/");
  return shown(registry.apply([{ kind: "endpointSlice", namespace, name, after }]));
}

/** Services by the addresses that they have now. */
function shown({ services }: RegistryDirty): readonly string[] {
  return services.map(({ namespace, name, after }) => {
    return `${namespace}/${name}: ${after === undefined ? "gone" : (after.addresses?.join(" ") ?? "unknown")}`;
  });
}

function namesOf(place: string): unknown {
  const found = registry.services().find(({ namespace, name }) => `${namespace}/${name}` === place);
  return Object.fromEntries(found?.after?.endpoints ?? []);
}

describe("the addresses of a Service", () => {
  test("are its own, whatever its endpoints are", () => {
    putSlice("shop/db-1", slice("db"));
    expect(put("shop/db", ownAddresses("10.96.0.1", "fd00::1"))).toEqual(["shop/db: 10.96.0.1 fd00::1"]);
    expect(putSlice("shop/db-1", slice("db", "10.1.0.1"))).toEqual([]);
  });

  test("are those of all endpoints where it is headless, ready or not, sorted and each once", () => {
    expect(put("shop/db", headless())).toEqual(["shop/db: "]);
    expect(putSlice("shop/db-1", slice("db", "10.1.0.9", endpoint("10.1.0.7", { health: "unready" })))).toEqual([
      "shop/db: 10.1.0.7 10.1.0.9",
    ]);
    expect(putSlice("shop/db-2", slice("db", "10.1.0.8", "10.1.0.9"))).toEqual(["shop/db: 10.1.0.7 10.1.0.8 10.1.0.9"]);
    expect(putSlice("shop/db-1", undefined)).toEqual(["shop/db: 10.1.0.8 10.1.0.9"]);
  });

  test("are not known of an alias", () => {
    putSlice("shop/db-1", slice("db"));
    expect(put("shop/db", { kind: "alias" })).toEqual(["shop/db: unknown"]);
    expect(putSlice("shop/db-1", slice("db", "10.1.0.9"))).toEqual([]);
  });

  test("do not change with an endpoint's health", () => {
    put("shop/db", headless());
    putSlice("shop/db-1", slice("db", "10.1.0.9"));
    expect(putSlice("shop/db-1", slice("db", endpoint("10.1.0.9", { health: "leaving" })))).toEqual([]);
  });
});

test("a slice waits for its Service, moves to another one, and is of its own namespace", () => {
  expect(putSlice("shop/db-1", slice("db", "10.1.0.9"))).toEqual([]);
  expect(put("bank/db", headless())).toEqual(["bank/db: "]);
  expect(put("shop/db", headless())).toEqual(["shop/db: 10.1.0.9"]);
  put("shop/queue", headless());
  expect(putSlice("shop/db-1", slice("queue", "10.1.0.9"))).toEqual(["shop/db: ", "shop/queue: 10.1.0.9"]);
  expect(putSlice("shop/db-1", slice("", "10.1.0.9"))).toEqual(["shop/queue: "]);
  expect(put("shop/queue", undefined)).toEqual(["shop/queue: gone"]);
  expect(put("shop/queue", undefined)).toEqual([]);
});

describe("endpoints with names of their own", () => {
  test("are known by these, of a Service with an address too", () => {
    put("shop/db", ownAddresses("10.96.0.1"));
    const both = [endpoint("10.1.0.7", { host: "db-0" }), endpoint("10.1.0.8", { host: "db-1" })];
    expect(putSlice("shop/db-1", slice("db", ...both, "10.1.0.9"))).toEqual(["shop/db: 10.96.0.1"]);
    expect(namesOf("shop/db")).toEqual({ "db-0": ["10.1.0.7"], "db-1": ["10.1.0.8"] });
  });

  test("have the addresses of all slices, and go with the last", () => {
    put("shop/db", headless());
    putSlice("shop/db-1", slice("db", endpoint("10.1.0.7", { host: "db-0" })));
    putSlice("shop/db-2", { ...slice("db", endpoint("fd00::7", { host: "db-0" })), family: "IPv6" });
    expect(namesOf("shop/db")).toEqual({ "db-0": ["10.1.0.7", "fd00::7"] });
    putSlice("shop/db-1", undefined);
    expect(namesOf("shop/db")).toEqual({ "db-0": ["fd00::7"] });
    putSlice("shop/db-2", undefined);
    expect(namesOf("shop/db")).toEqual({});
  });

  test("may be named as anything of the language is", () => {
    put("shop/db", headless());
    putSlice("shop/db-1", slice("db", endpoint("10.1.0.7", { host: "constructor" })));
    expect(namesOf("shop/db")).toEqual({ constructor: ["10.1.0.7"] });
  });
});

describe("the members of a port", () => {
  const of = (port: number) => ({ namespace: "shop", service: "db", port });
  /** The members of port 80, as `address:port`, with a mark where one is leaving. */
  const members = (port = 80): readonly string[] =>
    registry
      .members(of(port))
      .map(({ address, port: own, health }) => `${address}:${own}${health === "leaving" ? "?" : ""}`);
  const dirty = (name: string, after: SliceSummary | undefined): readonly number[] =>
    registry.apply([{ kind: "endpointSlice", namespace: "shop", name, after }]).members.map(({ port }) => port);

  test("listen where the slice says, are sorted, and those that are not to be called are left out", () => {
    put("shop/db", ownAddresses("10.96.0.1"));
    const leaving = endpoint("10.1.0.7", { health: "leaving", zone: "a" });
    expect(dirty("one", slice("db", "10.1.0.9", leaving, endpoint("10.1.0.8", { health: "unready" })))).toEqual([80]);
    expect(members()).toEqual(["10.1.0.7:8080?", "10.1.0.9:8080"]);
    expect(registry.members(of(80))[0]).toEqual({
      address: "10.1.0.7",
      port: 8080,
      family: "IPv4",
      health: "leaving",
      zone: "a",
    });
    expect(dirty("one", undefined)).toEqual([80]);
    expect(members()).toEqual([]);
  });

  test("stay while the one port of a Service gets a name that its slices do not have yet", () => {
    put("shop/db", { kind: "headless", ports: [{ name: "", port: 80 }] });
    dirty("one", { ...slice("db", "10.1.0.7"), ports: [{ name: "", port: 8080 }] });
    put("shop/db", { kind: "headless", ports: [{ name: "http", port: 80 }] });
    expect(members()).toEqual(["10.1.0.7:8080"]);
    expect(dirty("one", { ...slice("db", "10.1.0.7"), ports: [{ name: "http", port: 8080 }] })).toEqual([]);
  });

  test("are those of the slices' ports of its name", () => {
    const ports = [
      { name: "sql", port: 5432 },
      { name: "http", port: 80 },
      { name: "admin", port: 81 },
    ];
    put("shop/db", { kind: "headless", ports });
    const own = [
      { name: "sql", port: 15432 },
      { name: "http", port: 8080 },
    ];
    expect(dirty("one", { ...slice("db", "10.1.0.7"), ports: own })).toEqual([5432, 80]);
    expect([members(5432), members(80), members(81), members(8080)]).toEqual([
      ["10.1.0.7:15432"],
      ["10.1.0.7:8080"],
      [],
      [],
    ]);
    // another target port in a later slice, as while a Deployment with a named port is rolled out
    expect(dirty("two", { ...slice("db", "10.1.0.8"), ports: [{ name: "http", port: 9090 }] })).toEqual([80]);
    expect(members()).toEqual(["10.1.0.7:8080", "10.1.0.8:9090"]);
    put("shop/db", { kind: "headless", ports: [{ name: "http", port: 8000 }] });
    expect([members(80), members(8000)]).toEqual([[], ["10.1.0.7:8080", "10.1.0.8:9090"]]);
  });

  test("are each once, and well where one of two slices says so", () => {
    put("shop/db", headless());
    const leaving = slice("db", endpoint("10.1.0.7", { health: "leaving" }));
    dirty("one", leaving);
    expect(dirty("two", leaving)).toEqual([]);
    expect(dirty("three", slice("db", "10.1.0.7"))).toEqual([80]);
    expect(members()).toEqual(["10.1.0.7:8080"]);
    expect(dirty("one", undefined)).toEqual([]);
  });

  test("are of both families, and of an endpoint with several addresses the first alone", () => {
    put("shop/db", headless());
    dirty("one", slice("db", { ...endpoint("10.1.0.7"), addresses: ["10.1.0.7", "10.1.0.8"] }));
    dirty("two", { ...slice("db", "fd00::7"), family: "IPv6" });
    expect(registry.members(of(80)).map(({ address, family }) => `${address} ${family}`)).toEqual([
      "10.1.0.7 IPv4",
      "fd00::7 IPv6",
    ]);
  });

  test("do not change with names and unready endpoints", () => {
    put("shop/db", headless());
    dirty("one", slice("db", "10.1.0.7"));
    const more = slice("db", endpoint("10.1.0.7", { host: "db-0" }), endpoint("10.1.0.8", { health: "unready" }));
    expect(dirty("one", more)).toEqual([]);
  });

  test("there are none of an alias, of a Service that is not there, and of another namespace's", () => {
    dirty("one", slice("db", "10.1.0.7"));
    expect(members()).toEqual([]);
    put("bank/db", headless());
    expect(registry.members({ namespace: "bank", service: "db", port: 80 })).toEqual([]);
    put("shop/db", headless());
    expect(members()).toEqual(["10.1.0.7:8080"]);
    expect(
      registry.apply([{ kind: "service", namespace: "shop", name: "db", after: { kind: "alias" } }]).members,
    ).toEqual([of(80)]);
  });
});
