import fc from "fast-check";
import { expect, test } from "vitest";
import { restored, saved, type Table, untouchedTable } from "../../test/simulated-iptables.ts";
import { CaptureError } from "./capture-error.ts";
import { differences } from "./differences.ts";
import { dryRunRestore } from "./dry-run.ts";
import { readSettings } from "./environment.ts";
import { emptyPlan, type FamilyPlan, planOf } from "./plan.ts";
import { restoreText } from "./restore-text.ts";
import { parseSaved, type SavedTable } from "./saved-table.ts";

const BUDGET = { interruptAfterTimeLimit: 3000, numRuns: 300 };

const port = fc.integer({ min: 1, max: 65535 });
const ports = fc
  .array(
    fc.oneof(
      port.map(String),
      fc.tuple(port, port).map(([a, b]) => `${Math.min(a, b)}:${Math.max(a, b)}`),
    ),
    { maxLength: 45 },
  )
  .map((list) => list.join(" , "));
const address = fc.oneof(
  fc.ipV4(),
  fc.ipV6(),
  fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 })).map((pair) => pair.join("/")),
  fc.tuple(fc.ipV6(), fc.integer({ min: 0, max: 128 })).map((pair) => pair.join("/")),
);

const validEnvironment = fc.record({
  APPMESH_START_ENABLED: fc.constantFrom("0", "1"),
  APPMESH_IGNORE_UID: fc.integer({ min: 0, max: 4294967294 }).map(String),
  APPMESH_IGNORE_GID: fc.constantFrom("", "1338"),
  APPMESH_ENVOY_INGRESS_PORT: port.map(String),
  APPMESH_ENVOY_EGRESS_PORT: port.map(String),
  APPMESH_APP_PORTS: ports,
  APPMESH_EGRESS_IGNORED_IP: fc.array(address, { maxLength: 10 }).map((list) => list.join(",")),
  APPMESH_EGRESS_IGNORED_PORTS: ports,
  APPMESH_ENABLE_IPV6: fc.constantFrom("0", "1"),
});

/** Tables as other programs, old runs and half-finished ones may leave them. */
const rule = fc.constantFrom(
  "-p tcp -j APPMESH_EGRESS",
  "-p tcp -m addrtype ! --dst-type LOCAL -j APPMESH_EGRESS",
  "-p tcp -m addrtype ! --src-type LOCAL -j APPMESH_INGRESS",
  "-p udp -m udp --dport 53 -j ACCEPT",
  '-m comment --comment "-j APPMESH_INGRESS" -j ACCEPT',
);
const anyTable: fc.Arbitrary<Table> = fc
  .record({
    PREROUTING: fc.array(rule, { maxLength: 4 }),
    OUTPUT: fc.array(rule, { maxLength: 4 }),
    APPMESH_INGRESS: fc.array(fc.constantFrom("-p tcp -j REDIRECT --to-ports 1", "-p tcp -j RETURN"), { maxLength: 3 }),
    APPMESH_EGRESS: fc.array(fc.constantFrom("-p tcp -j REDIRECT --to-ports 1", "-p tcp -j RETURN"), { maxLength: 3 }),
    OTHER: fc.array(fc.constant("-p tcp -j ACCEPT"), { maxLength: 2 }),
  })
  .map((chains) => new Map([...untouchedTable(), ...Object.entries(chains)]));

const read = (table: Table): SavedTable => parseSaved(saved(table)) as SavedTable;
const applied = (plan: FamilyPlan, table: Table): Table => restored(table, restoreText(plan, read(table)));

/** What is not ours: other chains, and the rules of built-in ones that lead elsewhere, in their order. */
function foreign(table: Table): readonly (readonly [string, readonly string[]])[] {
  return [...table]
    .filter(([name]) => !name.startsWith("APPMESH_"))
    .map(([name, rules]) => [name, rules.filter((text) => !/ -j APPMESH_\w+$/.test(text))]);
}

test("from every state, one application leads to the plan and touches nothing else", () => {
  fc.assert(
    fc.property(validEnvironment, anyTable, (environment, table) => {
      for (const plan of planOf(readSettings(environment))) {
        const after = applied(plan, table);
        expect(differences(plan, read(after))).toEqual([]);
        expect(foreign(after)).toEqual(foreign(table));
      }
    }),
    BUDGET,
  );
});

test("a second application changes nothing", () => {
  fc.assert(
    fc.property(validEnvironment, anyTable, (environment, table) => {
      for (const plan of planOf(readSettings(environment))) {
        const once = applied(plan, table);
        expect(applied(plan, once)).toEqual(once);
      }
    }),
    BUDGET,
  );
});

test("removing leaves everything of others and nothing of ours", () => {
  fc.assert(
    fc.property(validEnvironment, anyTable, (environment, table) => {
      const [plan = emptyPlan("ipv4")] = planOf(readSettings(environment));
      const after = applied(emptyPlan("ipv4"), applied(plan, table));
      expect([...after.keys()].filter((name) => name.startsWith("APPMESH_"))).toEqual([]);
      expect([...after].map(([name, rules]) => [name, rules])).toEqual(foreign(table));
    }),
    BUDGET,
  );
});

const LINE = new RegExp(
  [
    "\\*nat|COMMIT|",
    "# IPv[46]: ip6?tables-nft-restore --noflush --wait \\d+|",
    ":APPMESH_(IN|E)GRESS - \\[0:0\\]|",
    "-A APPMESH_(IN|E)GRESS ((-m owner --[ug]id-owner \\d{1,10}|-p tcp|-p tcp -m multiport --dports [\\d:,]+|-d [\\da-f.:]+/\\d{1,3} -p tcp) -j (RETURN|REDIRECT --to-ports \\d{1,5}))|",
    "-A PREROUTING -p tcp -m addrtype ! --src-type LOCAL -j APPMESH_INGRESS|",
    "-A OUTPUT -p tcp -m addrtype ! --dst-type LOCAL -j APPMESH_EGRESS",
  ]
    .join("")
    .replace(/^/, "^(")
    .replace(/$/, ")$"),
);

const hostile = fc.oneof(
  fc.string({ unit: "binary", maxLength: 30 }),
  fc.stringMatching(/^[0-9]{1,3}([\n, ;-]|\r\n)[-A-Z *:]{0,10}$/),
  fc.constantFrom(
    "80\nCOMMIT\n*filter",
    "80 -j DROP",
    "$(id)",
    "`id`",
    "80;id",
    "-1",
    "1e3",
    "٨٠",
    "10.0.0.1\n-A OUTPUT -j DROP",
  ),
);

test("whatever the environment says, it is refused, or each written line is one of ours", () => {
  const names = [
    "APPMESH_IGNORE_UID",
    "APPMESH_ENVOY_EGRESS_PORT",
    "APPMESH_APP_PORTS",
    "APPMESH_EGRESS_IGNORED_IP",
    "APPMESH_EGRESS_IGNORED_PORTS",
    "APPMESH_ENABLE_IPV6",
  ] as const;
  fc.assert(
    fc.property(validEnvironment, fc.constantFrom(...names), hostile, (environment, name, value) => {
      const settings = settingsOrRefusal({ ...environment, [name]: value });
      if (settings === undefined) return;
      const lines = dryRunRestore("apply", "nft", planOf(settings)).trimEnd().split("\n");
      expect(lines.filter((line) => !LINE.test(line))).toEqual([]);
    }),
    BUDGET,
  );
});

function settingsOrRefusal(environment: Record<string, string>) {
  try {
    return readSettings(environment);
  } catch (error) {
    expect(error).toBeInstanceOf(CaptureError);
    return undefined;
  }
}
