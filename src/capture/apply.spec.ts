import { describe, expect, test } from "vitest";
import { SimulatedSystem, untouchedTable } from "../../test/simulated-iptables.ts";
import { applyPlans } from "./apply.ts";
import { CaptureError } from "./capture-error.ts";
import type { ToolResult } from "./capture-system.ts";
import { readSettings } from "./environment.ts";
import { emptyPlan, planOf } from "./plan.ts";

const PLANS = planOf(
  readSettings({
    APPMESH_START_ENABLED: "1",
    APPMESH_IGNORE_UID: "1337",
    APPMESH_ENVOY_INGRESS_PORT: "15000",
    APPMESH_ENVOY_EGRESS_PORT: "15001",
    APPMESH_APP_PORTS: "80",
    APPMESH_ENABLE_IPV6: "1",
  }),
);
const EMPTY = [emptyPlan("ipv4"), emptyPlan("ipv6")];
const LINK_LOCAL = "fe800000000000000000000000000001 02 40 20 80     eth0\n";
const NO_TABLE: ToolResult = {
  kind: "exited",
  code: 3,
  stdout: "",
  stderr: "ip6tables-legacy-save v1.8.9 (legacy): Cannot initialize: Table does not exist (do you need to insmod?)",
};

function refusal(system: SimulatedSystem, plans = PLANS, backend: "nft" | "legacy" = "nft"): CaptureError {
  try {
    applyPlans(plans, backend, system);
  } catch (error) {
    if (error instanceof CaptureError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

const kinds = (system: SimulatedSystem, plans = PLANS) => applyPlans(plans, "nft", system).map(({ kind }) => kind);

describe("applying", () => {
  test("reads both families, then writes each once and reads it again", () => {
    const system = new SimulatedSystem();
    expect(kinds(system)).toEqual(["applied", "applied"]);
    expect(system.calls).toEqual([
      "iptables-nft-save",
      "ip6tables-nft-save",
      "iptables-nft-restore",
      "iptables-nft-save",
      "ip6tables-nft-restore",
      "ip6tables-nft-save",
    ]);
  });

  test("a second time writes nothing", () => {
    const system = new SimulatedSystem();
    applyPlans(PLANS, "nft", system);
    const before = structuredClone(system.tables);
    system.calls.length = 0;
    expect(kinds(system)).toEqual(["unchanged", "unchanged"]);
    expect(system.calls).toEqual(["iptables-nft-save", "ip6tables-nft-save"]);
    expect(system.tables).toEqual(before);
  });

  test("and removing leaves what was there", () => {
    const system = new SimulatedSystem();
    system.tables.iptables.set("CNI", ["-j RETURN"]).get("OUTPUT")?.push("-p udp -j CNI");
    const before = structuredClone(system.tables);
    applyPlans(PLANS, "nft", system);
    expect(kinds(system, EMPTY)).toEqual(["applied", "applied"]);
    expect(system.tables).toEqual(before);
    expect(kinds(system, EMPTY)).toEqual(["unchanged", "unchanged"]);
  });
});

describe("nothing is written", () => {
  test.each([
    [
      "the second family cannot be read",
      (system: SimulatedSystem) => {
        system.broken["ip6tables-nft-save"] = { kind: "exited", code: 1, stdout: "", stderr: "no" };
      },
      "failed",
    ],
    [
      "a program is not there",
      (system: SimulatedSystem) => {
        system.broken["iptables-nft-save"] = { kind: "not-started", reason: "ENOENT" };
      },
      "tool-missing",
    ],
    [
      "a capability is missing",
      (system: SimulatedSystem) => {
        system.files["/proc/self/status"] = "CapEff:\t0000000000000000\n";
      },
      "not-permitted",
    ],
    [
      "iptables cannot read what is there",
      (system: SimulatedSystem) => {
        system.broken["iptables-nft-save"] = {
          kind: "exited",
          code: 0,
          stdout: "# Table `nat' is incompatible\n",
          stderr: "",
        };
      },
      "unreadable",
    ],
  ] as const)("when %s", (_, breakIt, code) => {
    const system = new SimulatedSystem();
    breakIt(system);
    expect(refusal(system).code).toBe(code);
    expect(system.tables).toEqual({ iptables: untouchedTable(), ip6tables: untouchedTable() });
    expect(system.calls.filter((call) => call.endsWith("-restore"))).toEqual([]);
  });

  test("when rules of somebody else lead to a chain that is to go", () => {
    const system = new SimulatedSystem();
    applyPlans(PLANS, "nft", system);
    system.tables.ip6tables.set("OTHER", ["-p tcp -j APPMESH_EGRESS"]);
    const before = structuredClone(system.tables);
    const error = refusal(system, EMPTY);
    expect(error.code).toBe("in-use");
    expect(error.message).toContain("-A OTHER -p tcp -j APPMESH_EGRESS");
    expect(system.tables).toEqual(before);
  });
});

test("rules that were accepted and are not there are an error", () => {
  const system = new SimulatedSystem();
  system.broken["iptables-nft-restore"] = { kind: "exited", code: 0, stdout: "", stderr: "" };
  const error = refusal(system);
  expect(error.code).toBe("not-in-place");
  expect(error.message).toContain("chain APPMESH_INGRESS is missing");
});

describe("IPv6 is skipped", () => {
  test("where the kernel has none, without asking any program", () => {
    const system = new SimulatedSystem();
    system.files["/proc/net/if_inet6"] = undefined;
    expect(applyPlans(PLANS, "nft", system)).toEqual([
      { family: "ipv4", kind: "applied" },
      { family: "ipv6", kind: "skipped", reason: "the node's kernel has no IPv6" },
    ]);
    expect(system.calls.filter((call) => call.startsWith("ip6"))).toEqual([]);
  });

  test("where its tables are missing and the pod has no address of it", () => {
    const system = new SimulatedSystem();
    system.files["/proc/net/if_inet6"] = LINK_LOCAL;
    system.broken["ip6tables-legacy-save"] = NO_TABLE;
    expect(applyPlans(PLANS, "legacy", system)[1]).toMatchObject({
      kind: "skipped",
      reason: expect.stringMatching(/^the pod has no IPv6 address, and .*ip6table_nat/),
    });
  });
});

describe("IPv6 is not skipped", () => {
  test("where its tables are missing and the pod has an address, because traffic would pass by Envoy", () => {
    const system = new SimulatedSystem();
    system.broken["ip6tables-legacy-save"] = NO_TABLE;
    expect(refusal(system, PLANS, "legacy").code).toBe("unsupported");
    expect(system.calls).not.toContain("iptables-legacy-restore");
  });

  test("where there is only a link-local address, but the tables are there", () => {
    const system = new SimulatedSystem();
    system.files["/proc/net/if_inet6"] = LINK_LOCAL;
    expect(kinds(system)).toEqual(["applied", "applied"]);
  });

  test("where there is no address, but a program fails for another reason", () => {
    const system = new SimulatedSystem();
    system.files["/proc/net/if_inet6"] = "";
    system.broken["ip6tables-nft-save"] = { kind: "killed", reason: "it was ended by SIGSEGV" };
    expect(refusal(system).code).toBe("busy");
  });
});
