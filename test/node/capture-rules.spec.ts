import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { BACKENDS, type CaptureProgram, captureProgram, INJECTED } from "./capture-program.ts";
import { type NetworkNamespace, networkNamespace } from "./network-namespace.ts";

/* Real iptables against the real kernel, each test in a network namespace of its own. */

let capture: CaptureProgram;
let namespace: NetworkNamespace;

beforeAll(async () => {
  capture = await captureProgram();
});
beforeEach(async () => {
  namespace = await networkNamespace();
});
afterEach(() => namespace.close());

const BUILT_IN = [":PREROUTING ACCEPT", ":INPUT ACCEPT", ":OUTPUT ACCEPT", ":POSTROUTING ACCEPT"];
const NO_RULES = ["*nat", ...BUILT_IN, "COMMIT"];
const INBOUND = "-A PREROUTING -p tcp -m addrtype ! --src-type LOCAL -j APPMESH_INGRESS";
const OUTBOUND = "-A OUTPUT -p tcp -m addrtype ! --dst-type LOCAL -j APPMESH_EGRESS";
const ENVOY_ITSELF = "-A APPMESH_EGRESS -m owner --uid-owner 1337 -j RETURN";
const TO_ENVOY = "-A APPMESH_EGRESS -p tcp -j REDIRECT --to-ports 15001";

const portsAlone = (ports: string) => `-A APPMESH_EGRESS -p tcp -m multiport --dports ${ports} -j RETURN`;
const addressAlone = (address: string) => `-A APPMESH_EGRESS -d ${address} -p tcp -j RETURN`;
const fromPorts = (ports: string) =>
  `-A APPMESH_INGRESS -p tcp -m multiport --dports ${ports} -j REDIRECT --to-ports 15000`;
const rulesOnly = (lines: readonly string[]) => lines.filter((line) => line.startsWith("-A"));

describe.each(BACKENDS)("with back end %s", (backend) => {
  const rules = (family?: "iptables" | "ip6tables") => capture.rules(namespace, backend, family);
  const run = (env?: Readonly<Record<string, string>>, words: readonly string[] = []) =>
    capture.run(namespace, backend, { ...(env && { env }), words });

  test("app ports, an ignored port and the default address: App Mesh's rules, port 22 once", async () => {
    expect(await run()).toMatchObject({ code: 0, stdout: "" });
    const expected = [
      INBOUND,
      OUTBOUND,
      ENVOY_ITSELF,
      portsAlone("22"),
      addressAlone("169.254.169.254/32"),
      TO_ENVOY,
      fromPorts("80,443"),
    ];
    expect(rulesOnly(await rules())).toEqual(expected);
    expect(rulesOnly(await rules("ip6tables"))).toEqual(expected.filter((line) => !line.includes("169.254")));
  });

  test("no app ports: outgoing traffic only, each address in its family", async () => {
    const env = {
      ...INJECTED,
      APPMESH_APP_PORTS: "",
      APPMESH_ENVOY_INGRESS_PORT: "",
      APPMESH_EGRESS_IGNORED_IP: "169.254.169.254, fd00:ec2::254",
      APPMESH_EGRESS_IGNORED_PORTS: "22,3306",
    };
    expect((await run(env)).code).toBe(0);
    const expected = (address: string) => [
      OUTBOUND,
      ENVOY_ITSELF,
      portsAlone("22,3306"),
      addressAlone(address),
      TO_ENVOY,
    ];
    expect(rulesOnly(await rules())).toEqual(expected("169.254.169.254/32"));
    expect(rulesOnly(await rules("ip6tables"))).toEqual(expected("fd00:ec2::254/128"));
  });

  test("without IPv6 its addresses are left out, its table is not touched, and that is said", async () => {
    const env = { ...INJECTED, APPMESH_ENABLE_IPV6: "0", APPMESH_EGRESS_IGNORED_IP: "10.0.0.0/8,fd00::1" };
    const { code, stderr } = await run(env);
    expect(code).toBe(0);
    expect(stderr).toContain("fd00::1/128 of APPMESH_EGRESS_IGNORED_IP has no effect");
    expect(await rules()).toContain(addressAlone("10.0.0.0/8"));
    expect(await rules("ip6tables")).toEqual(NO_RULES);
  });

  test("not started: empty chains, and no way into them", async () => {
    expect((await run({ ...INJECTED, APPMESH_START_ENABLED: "0" })).code).toBe(0);
    expect(await rules()).toEqual(["*nat", ...BUILT_IN, ":APPMESH_EGRESS -", ":APPMESH_INGRESS -", "COMMIT"]);
  });

  test("neither user nor group: refused before anything is made", async () => {
    const { code, stderr } = await run({ ...INJECTED, APPMESH_IGNORE_UID: "" });
    expect(code).toBe(2);
    expect(stderr).toContain("neither is APPMESH_IGNORE_GID");
    expect(await rules()).toEqual(NO_RULES);
  });

  test("one bad value at the end of a list: nothing is made of the good ones", async () => {
    const { code, stderr } = await run({ ...INJECTED, APPMESH_EGRESS_IGNORED_IP: "10.0.0.1,10.0.0.300" });
    expect(code).toBe(2);
    expect(stderr).toContain('APPMESH_EGRESS_IGNORED_IP: entry 2 is "10.0.0.300"');
    expect(await rules()).toEqual(NO_RULES);
    expect(await rules("ip6tables")).toEqual(NO_RULES);
  });

  test("blanks, a range and forty ports", async () => {
    const ports = Array.from({ length: 40 }, (_, index) => index + 1001);
    const env = {
      ...INJECTED,
      APPMESH_APP_PORTS: `80, 8000:8010 ,${ports.join(" , ")}`,
      APPMESH_EGRESS_IGNORED_PORTS: " 3306 ,22",
    };
    expect((await run(env)).code).toBe(0);
    const groups = [["80", "8000:8010", ...ports.slice(0, 12)], ports.slice(12, 27), ports.slice(27)];
    const found = await rules();
    expect(found.filter((line) => line.startsWith("-A APPMESH_INGRESS"))).toEqual(
      groups.map((group) => fromPorts(group.join(","))),
    );
    expect(found).toContain(portsAlone("3306,22"));
  });

  test("every kind of address comes back as it was written", async () => {
    const env = { ...INJECTED, APPMESH_EGRESS_IGNORED_IP: "0.0.0.0/0,10.1.2.3/8,::/0,::ffff:10.0.0.1,FD00:0::1/64" };
    expect((await run(env)).code).toBe(0);
    expect((await run(env)).stderr).toContain("rules were there already");
  });

  test("what --dry-run prints is what a fresh namespace gets", async () => {
    const { stdout } = await run(INJECTED, ["--dry-run"]);
    expect(await rules()).toEqual(NO_RULES);
    for (const family of ["iptables", "ip6tables"] as const) {
      const input = stdout.split(/^# .*\n/m)[family === "iptables" ? 1 : 2] ?? "";
      const restore = join(capture.tools, `${family}-${backend}-restore`);
      expect(await namespace.run([restore, "--noflush"], { input })).toMatchObject({ code: 0 });
    }
    const byHand = [await rules(), await rules("ip6tables")];
    expect((await run()).stderr.match(/rules were there already/g)).toHaveLength(2);
    expect([await rules(), await rules("ip6tables")]).toEqual(byHand);
  });

  test("a second run ends in the same state", async () => {
    await run();
    const first = [await rules(), await rules("ip6tables")];
    expect((await run()).code).toBe(0);
    expect([await rules(), await rules("ip6tables")]).toEqual(first);
  });

  test("a run after a half-finished one, with jumps doubled and others' rules between, ends in the same state", async () => {
    await run();
    const whole = await rules();
    await capture.iptables(namespace, backend, "-F", "APPMESH_INGRESS");
    await capture.iptables(namespace, backend, "-D", "APPMESH_EGRESS", "1");
    await capture.iptables(namespace, backend, "-A", "OUTPUT", "-p", "tcp", "-j", "APPMESH_EGRESS");
    await capture.iptables(namespace, backend, "-I", "PREROUTING", "-j", "APPMESH_INGRESS");
    expect((await run()).code).toBe(0);
    expect(await rules()).toEqual(whole);
  });

  test("a run after App Mesh's own half-finished one, whose ingress chain was never filled", async () => {
    await capture.iptables(namespace, backend, "-N", "APPMESH_INGRESS");
    await capture.iptables(namespace, backend, "-N", "APPMESH_EGRESS");
    await capture.iptables(namespace, backend, ...TO_ENVOY.split(" "));
    await capture.iptables(namespace, backend, ...OUTBOUND.split(" "));
    expect((await run()).code).toBe(0);
    expect(rulesOnly(await rules())).toContain(fromPorts("80,443"));
    expect((await rules()).filter((line) => line === OUTBOUND)).toHaveLength(1);
  });

  test("a run with fewer ports leaves no chain behind", async () => {
    await run();
    expect((await run({ ...INJECTED, APPMESH_APP_PORTS: "" })).code).toBe(0);
    expect((await rules()).filter((line) => line.includes("INGRESS"))).toEqual([]);
  });

  test("removing leaves the rules and chains of others as they were", async () => {
    await capture.iptables(namespace, backend, "-N", "CNI");
    await capture.iptables(namespace, backend, "-A", "CNI", "-p", "udp", "-j", "RETURN");
    await capture.iptables(
      namespace,
      backend,
      "-A",
      "OUTPUT",
      "-p",
      "tcp",
      "-m",
      "comment",
      "--comment",
      "not -j APPMESH_EGRESS",
      "-j",
      "CNI",
    );
    const before = [await rules(), await rules("ip6tables")];
    await run();
    expect(await run({}, ["remove"])).toMatchObject({ code: 0, stderr: expect.stringContaining("rules removed") });
    expect([await rules(), await rules("ip6tables")]).toEqual(before);
    expect(await run({}, ["remove"])).toMatchObject({ code: 0, stderr: expect.stringContaining("nothing to remove") });
  });

  test("removing is refused while another chain leads to ours, and changes nothing", async () => {
    await run();
    await capture.iptables(namespace, backend, "-N", "OTHER");
    await capture.iptables(namespace, backend, "-A", "OTHER", "-j", "APPMESH_EGRESS");
    const before = await rules();
    const { code, stderr } = await run({}, ["remove"]);
    expect(code).toBe(3);
    expect(stderr).toContain("-A OTHER -j APPMESH_EGRESS");
    expect(await rules()).toEqual(before);
  });

  test("a kernel program that is not there is named with the setting", async () => {
    const { code, stderr } = await capture.run(namespace, backend, { path: "/nonexistent" });
    expect(code).toBe(3);
    expect(stderr).toContain(
      `OUTRIGGER_CAPTURE_BACKEND) is ${backend}, but iptables-${backend}-save cannot be started (ENOENT)`,
    );
  });

  test("without any capability it is said which one is missing", async () => {
    const { code, stderr } = await capture.run(namespace, backend, { as: { capabilities: [] } });
    expect(code).toBe(3);
    expect(stderr).toMatch(new RegExp(`OUTRIGGER_CAPTURE_BACKEND\\) is ${backend}, which needs .*lacks NET_ADMIN`));
    expect(await rules()).toEqual(NO_RULES);
  });
});

describe("with the capability set of proxyinit", () => {
  test("nft needs NET_ADMIN alone", async () => {
    expect(await capture.run(namespace, "nft", { as: { capabilities: ["net_admin"] } })).toMatchObject({ code: 0 });
    expect(await capture.rules(namespace, "nft")).toContain(INBOUND);
  });

  test("legacy needs NET_RAW too", async () => {
    const both = { as: { capabilities: ["net_admin", "net_raw"] } };
    expect(await capture.run(namespace, "legacy", both)).toMatchObject({ code: 0 });
    expect(await capture.rules(namespace, "legacy")).toContain(INBOUND);
  });

  test("legacy without NET_RAW names the setting and the capability, and writes nothing", async () => {
    const { code, stderr } = await capture.run(namespace, "legacy", { as: { capabilities: ["net_admin"] } });
    expect(code).toBe(3);
    expect(stderr).toContain("OUTRIGGER_CAPTURE_BACKEND) is legacy, which needs NET_ADMIN and NET_RAW");
    expect(stderr).toContain("lacks NET_RAW");
    expect(await capture.rules(namespace, "legacy")).toEqual(NO_RULES);
  });
});

test("rules that nft made and iptables cannot read are said to be there", async () => {
  await capture.run(namespace, "nft");
  const nft = join(capture.tools, "nft");
  const made = await namespace.run([nft, "add", "rule", "ip", "nat", "OUTPUT", "meta", "mark", "set", "ct", "mark"]);
  expect(made).toMatchObject({ code: 0 });
  const { code, stderr } = await capture.run(namespace, "nft");
  expect(code).toBe(3);
  expect(stderr).toContain("another program has made rules there that iptables cannot read");
});

test("it does not wait for its standard input", async () => {
  // the golden output of an injected pod, from a process whose input stays open
  const child = namespace.start(
    [process.execPath, join(import.meta.dirname, "../../src/cli/main.ts"), "capture", "--dry-run"],
    { env: { ...INJECTED, PATH: process.env["PATH"] } },
  );
  let text = "";
  for await (const chunk of child.stdout ?? []) text += String(chunk);
  expect(text).toContain(
    readFileSync(join(import.meta.dirname, "../../src/capture/testdata/out/aws-ports-80-443.txt"), "utf8").split(
      "\n",
    )[1],
  );
  expect(text.trimEnd().endsWith("COMMIT")).toBe(true);
});
