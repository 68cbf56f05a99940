import { homedir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { locations } from "./locations.ts";

test("everything lies under XDG_CACHE_HOME", () => {
  expect(locations({ XDG_CACHE_HOME: "/c" })).toEqual({
    binaries: "/c/outrigger/testbed",
    clusters: "/c/outrigger/testbed/clusters",
    packages: "/c/outrigger/testbed/packages",
    locks: "/c/outrigger/testbed/locks",
  });
});

test.each([{}, { XDG_CACHE_HOME: "" }, { XDG_CACHE_HOME: "relative" }])("with %j it is the home's cache", (env) => {
  expect(locations(env).binaries).toBe(join(homedir(), ".cache", "outrigger", "testbed"));
});
