import { beforeEach, describe, expect, test } from "vitest";
import { endpoint, headless, ownAddresses, slice } from "../../test/services.ts";
import type { ServiceSummary, SliceSummary } from "../model/services.ts";
import { Registry } from "./registry.ts";

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
function shown(changes: ReturnType<Registry["apply"]>): readonly string[] {
  return changes.map(({ namespace, name, after }) => {
    return `${namespace}/${name}: ${after === undefined ? "gone" : (after.addresses?.join(" ") ?? "unknown")}`;
  });
}

function namesOf(place: string): unknown {
  const found = registry.services().find(({ namespace, name }) => `${namespace}/${name}` === place);
  return Object.fromEntries(found?.after?.endpoints ?? []);
}

describe("the addresses of a Service", () => {
  test("are its own, whatever its endpoints are", () => {
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
