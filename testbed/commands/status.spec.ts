import { expect, test } from "vitest";
import { statusText } from "./status.ts";

test("the table lines up, with a dash for a server that is not there yet", () => {
  const base = {
    tier: "api",
    startedBy: "up",
    since: "2030-01-01T00:00:00.000Z",
    kubeconfig: undefined,
    processes: {},
  };
  const text = statusText([
    { ...base, name: "default", state: "ready", server: "https://127.0.0.1:20001" },
    { ...base, name: "b", state: "not-ready", server: undefined },
  ]);
  expect(text).toBe(
    [
      "NAME     TIER  STATE      STARTED BY  SINCE                     SERVER",
      "default  api   ready      up          2030-01-01T00:00:00.000Z  https://127.0.0.1:20001",
      "b        api   not-ready  up          2030-01-01T00:00:00.000Z  -",
      "",
    ].join("\n"),
  );
});

test("without clusters it says how to start one", () => {
  expect(statusText([])).toContain("npm run testbed -- up");
});
