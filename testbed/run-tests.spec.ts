import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";

const RUN_TESTS = join(import.meta.dirname, "run-tests.ts");

test.each([
  {
    args: ["nonsense"],
    require: "",
    says: "no tier is named nonsense; there are static, unit, package, loopback, envoy, api, node",
  },
  { args: ["unit"], require: "most", says: 'OUTRIGGER_REQUIRE is "most"; expected all, or nothing' },
])("$args with OUTRIGGER_REQUIRE=$require is a usage error, and nothing runs", ({ args, require, says }) => {
  const env = { ...process.env, OUTRIGGER_REQUIRE: require };
  const { status, stdout, stderr } = spawnSync(process.execPath, [RUN_TESTS, ...args], { env, encoding: "utf8" });
  expect({ status, stdout, stderr }).toEqual({ status: 2, stdout: "", stderr: `${says}\n` });
});
