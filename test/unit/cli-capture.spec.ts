import { describe, expect, test } from "vitest";
import { outrigger } from "./command-line.ts";

const INJECTED = {
  APPMESH_START_ENABLED: "1",
  APPMESH_IGNORE_UID: "1337",
  APPMESH_ENVOY_INGRESS_PORT: "15000",
  APPMESH_ENVOY_EGRESS_PORT: "15001",
  APPMESH_APP_PORTS: "80",
  APPMESH_ENABLE_IPV6: "1",
};
/** No program of iptables is found here, whatever the machine has: nothing can be written. */
const PATH = "/nonexistent";

describe("capture --wait-for-envoy", () => {
  test.each([
    [["--wait-for-envoy=0"], "Expected a whole number from 1 to 3600."],
    [["--wait-for-envoy=soon"], "Expected a whole number from 1 to 3600."],
    [["--wait-for-envoy=1", "--admin-port=65536"], "Expected a whole number from 1 to 65535."],
    [["--wait-for-envoy=1", "--dry-run"], "--wait-for-envoy goes neither with --dry-run nor with remove"],
    [["remove", "--wait-for-envoy=1"], "--wait-for-envoy goes neither with --dry-run nor with remove"],
  ])("%j cannot be used", async (words, complaint) => {
    const { code, stderr } = await outrigger(["capture", ...words], { environment: INJECTED });
    expect(code).toBe(2);
    expect(stderr).toContain(complaint);
  });

  test("does not wait where the environment cannot be used", async () => {
    const { code, stderr } = await outrigger(["capture", "--wait-for-envoy=1"], { environment: {} });
    expect(code).toBe(2);
    expect(stderr).toContain("APPMESH_IGNORE_UID");
  });
});

describe("capture --dry-run", () => {
  test("prints the input of both families", async () => {
    const { code, stdout, stderr } = await outrigger(["capture", "--dry-run"], { environment: INJECTED });
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout.match(/^(# IPv|\*nat|COMMIT)/gm)).toEqual(["# IPv", "*nat", "COMMIT", "# IPv", "*nat", "COMMIT"]);
  });

  test("explains itself", async () => {
    const { stdout } = await outrigger(["capture", "--dry-run", "-o", "text"], { environment: INJECTED });
    expect(stdout).toContain("  APPMESH_INGRESS: incoming TCP connections");
    expect(stdout).toContain("1. for port 80: to Envoy, port 15000");
  });

  test("prints JSON for programs", async () => {
    const { stdout } = await outrigger(["capture", "--dry-run", "-o", "json"], {
      environment: { ...INJECTED, OUTRIGGER_CAPTURE_BACKEND: "legacy", APPMESH_ENABLE_IPV6: "0" },
    });
    expect(JSON.parse(stdout)).toMatchObject({
      action: "apply",
      backend: "legacy",
      calls: [
        {
          family: "ipv4",
          command: ["iptables-legacy-restore", "--noflush", "--wait", "5"],
          input: expect.stringMatching(/^\*nat\n.*\nCOMMIT\n$/s),
          chains: [
            { name: "APPMESH_INGRESS", rules: 1 },
            { name: "APPMESH_EGRESS", rules: 5 },
          ],
        },
      ],
    });
  });

  test("shows what removing would write, and needs no variable for it", async () => {
    const { code, stdout } = await outrigger(["capture", "remove", "--dry-run"], { environment: {} });
    expect(code).toBe(0);
    expect(stdout).toContain(
      "*nat\n-D PREROUTING 1\n-D OUTPUT 1\n-F APPMESH_INGRESS\n-F APPMESH_EGRESS\n-X APPMESH_INGRESS\n-X APPMESH_EGRESS\nCOMMIT\n",
    );
    const text = await outrigger(["capture", "remove", "--dry-run", "-o", "text"], { environment: {} });
    expect(text.stdout).toContain("are removed");
  });

  test("says on standard error what is done otherwise than asked", async () => {
    const { stderr } = await outrigger(["capture", "--dry-run"], {
      environment: { ...INJECTED, APPMESH_APP_PORTS: "80,15020" },
    });
    expect(stderr).toBe("outrigger: capture: port 15020 belongs to the sidecar and is left out of APPMESH_APP_PORTS\n");
  });
});

describe("exit code", () => {
  test.each([
    [
      "2 for an environment that cannot be used",
      ["capture"],
      { ...INJECTED, APPMESH_APP_PORTS: "http" },
      2,
      "APPMESH_APP_PORTS: entry 1",
    ],
    ["2 for an empty environment", ["capture", "--dry-run"], {}, 2, "2 values of the environment"],
    ["2 for an unknown action", ["capture", "undo"], INJECTED, 2, "Allowed choices are remove"],
    ["2 for --output without --dry-run", ["capture", "-o", "json"], INJECTED, 2, "--output only goes with --dry-run"],
    [
      "2 for a back end nobody knows",
      ["capture", "remove"],
      { OUTRIGGER_CAPTURE_BACKEND: "ebpf" },
      2,
      "expected nft or legacy",
    ],
    ["3 when the rules cannot be written", ["capture"], { ...INJECTED, PATH }, 3, "OUTRIGGER_CAPTURE_BACKEND"],
    ["3 when they cannot be removed", ["capture", "remove"], { PATH }, 3, "OUTRIGGER_CAPTURE_BACKEND"],
  ] as const)("%s", async (_, argv, environment, code, words) => {
    const ran = await outrigger(argv, { environment });
    expect(ran.code).toBe(code);
    expect(ran.stderr).toContain(words);
    expect(ran.stdout).toBe("");
  });
});
