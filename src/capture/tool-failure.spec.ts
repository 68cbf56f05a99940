import { describe, expect, test } from "vitest";
import { SimulatedSystem } from "../../test/simulated-iptables.ts";
import type { ToolResult } from "./capture-system.ts";
import { type FailedCall, toolFailure } from "./tool-failure.ts";

const INPUT =
  "*nat\n:APPMESH_EGRESS - [0:0]\n-A APPMESH_EGRESS -m owner --uid-owner 1337 -j RETURN\n-A OUTPUT -p tcp -m addrtype ! --dst-type LOCAL -j APPMESH_EGRESS\nCOMMIT\n";

const ended = (code: number, stderr: string): ToolResult => ({ kind: "exited", code, stdout: "", stderr });

function failure(result: ToolResult, call: Partial<FailedCall> = {}, files: Record<string, string> = {}) {
  const system = new SimulatedSystem();
  Object.assign(system.files, files);
  const { code, message } = toolFailure(
    { backend: "nft", family: "ipv4", tool: "iptables-nft-restore", input: INPUT, ...call, result },
    system,
  );
  return { code, message };
}

/* The complaints are those of iptables 1.8.9, from its runs or from its source. */
describe("the complaint of a program is understood:", () => {
  test.each([
    [
      "no capability, nft",
      ended(
        4,
        "iptables-nft-save v1.8.9 (nf_tables): Could not fetch rule set generation id: Permission denied (you must be root)",
      ),
      {},
      "not-permitted",
      "capture.backend (OUTRIGGER_CAPTURE_BACKEND) is nft, which needs user 0 with NET_ADMIN",
    ],
    [
      "no capability, legacy",
      ended(1, "iptables-save v1.8.9 (legacy): Cannot initialize: Permission denied (you must be root)"),
      { backend: "legacy" },
      "not-permitted",
      "NET_ADMIN and NET_RAW",
    ],
    [
      "a kernel without nf_tables",
      ended(4, "iptables v1.8.9 (nf_tables): Could not fetch rule set generation id: Invalid argument"),
      {},
      "unsupported",
      "the kernel lacks nf_tables: load that module on the node, or set it to legacy",
    ],
    [
      "a kernel without the nat table, legacy",
      ended(3, "iptables-save v1.8.9 (legacy): Cannot initialize: Table does not exist (do you need to insmod?)"),
      { backend: "legacy" },
      "unsupported",
      "the kernel lacks iptable_nat: load that module on the node, or set it to nft",
    ],
    [
      "a kernel without the nat table of IPv6, legacy",
      ended(2, "ip6tables-restore v1.8.9 (legacy): ip6tables-restore: unable to initialize table 'nat'"),
      { backend: "legacy", family: "ipv6" },
      "unsupported",
      "ip6table_nat",
    ],
    [
      "a kernel without a match",
      ended(
        2,
        "Warning: Extension owner revision 0 not supported, missing kernel module?\niptables-restore: line 3 failed",
      ),
      {},
      "unsupported",
      "xt_owner",
    ],
    [
      "a rule that the kernel does not find the parts of",
      ended(
        4,
        "iptables-nft-restore v1.8.9 (nf_tables): \nline 4: RULE_APPEND failed (No such file or directory): rule in chain OUTPUT",
      ),
      {},
      "unsupported",
      "the kernel lacks xt_addrtype (or nft_compat)",
    ],
    [
      "an extension that is not installed",
      ended(2, "iptables-restore v1.8.9 (legacy): Couldn't load match `owner':No such file or directory"),
      { backend: "legacy" },
      "tool-missing",
      "the extension owner of iptables is not installed",
    ],
    [
      "a lock that another program holds",
      ended(4, "Another app is currently holding the xtables lock; waited (5s) for it to exit."),
      { backend: "legacy" },
      "busy",
      "another program holds the lock",
    ],
    ["no program", { kind: "not-started", reason: "ENOENT" }, {}, "tool-missing", "cannot be started (ENOENT)"],
    ["no answer", { kind: "killed", reason: "it gave no answer within 20 s" }, {}, "busy", "within 20 s"],
    [
      "anything else",
      ended(1, "iptables-nft-restore: line 2 failed: Index of deletion too big."),
      {},
      "failed",
      "Index of deletion",
    ],
    ["nothing said", ended(139, ""), {}, "failed", "ended with 139: it said nothing"],
  ] as const)("%s", (_, result, call, code, words) => {
    const found = failure(result, call);
    expect(found.code).toBe(code);
    expect(found.message).toContain(words);
  });
});

describe("where legacy iptables says only that it failed", () => {
  const line = ended(1, "iptables-restore: line 5 failed");
  const matches = { "/proc/net/ip_tables_matches": "addrtype\nmultiport\nowner\n" };

  test("what the kernel does not list is named", () => {
    const files = {
      "/proc/net/ip_tables_matches": "addrtype\nmultiport\n",
      "/proc/net/ip_tables_targets": "REDIRECT\n",
    };
    expect(failure(line, { backend: "legacy" }, files)).toMatchObject({
      code: "unsupported",
      message: expect.stringContaining("the kernel lacks xt_owner:"),
    });
  });

  test("nothing is guessed when the kernel lists everything", () => {
    const files = { ...matches, "/proc/net/ip_tables_targets": "REDIRECT\n" };
    expect(failure(line, { backend: "legacy" }, files).code).toBe("failed");
  });

  test("nor when the lists cannot be read", () => {
    expect(failure(line, { backend: "legacy" }, matches).code).toBe("failed");
  });
});

test("a long complaint is shortened, and its control characters are not repeated", () => {
  const { message } = failure(ended(1, `\u001b[31m${"x".repeat(10_000)}`));
  expect(message.length).toBeLessThan(600);
  expect(message).not.toMatch(/\p{Cc}/u);
});
