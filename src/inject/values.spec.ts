import { describe, expect, test } from "vitest";
import {
  clip,
  type ParsedValue,
  parseAddresses,
  parseEnv,
  parseEnvJson,
  parseIgnoredPorts,
  parsePorts,
  parseResource,
  parseResourceName,
  parseSamplingRate,
  parseSeconds,
  parseSecretMounts,
} from "./values.ts";

const secrets = parseSecretMounts;

/** What a parser makes of a text it accepts; fails with its problem otherwise. */
function read<T>(parsed: ParsedValue<T>): T {
  if (!parsed.ok) throw new Error(parsed.problem);
  return parsed.value;
}

describe("parsePorts accepts", () => {
  test.each([
    ["80", [80]],
    ["80,443", [80, 443]],
    [" 80 ,\t443 ", [80, 443]],
    ["443,80,443", [443, 80]],
    ["1,65535", [1, 65535]],
    ["0080", [80]],
    ["", []],
    ["  ", []],
    ["0", []],
    ["0,80", [80]],
  ])("%j as single ports", (text, ports) => {
    expect(read(parsePorts(text))).toEqual(ports.map((port) => ({ first: port, last: port })));
  });

  test("a range, which iptables takes", () => {
    expect(read(parsePorts("8000:8010,8000,8000:8010"))).toEqual([
      { first: 8000, last: 8010 },
      { first: 8000, last: 8000 },
    ]);
  });

  test("as many ports as a list may have", () => {
    const list = Array.from({ length: 1024 }, (_, index) => index + 1).join(",");
    expect(read(parsePorts(list))).toHaveLength(1024);
  });
});

describe("empty entries of ignored ports and addresses", () => {
  test("are skipped, as the old script skipped them", () => {
    expect(parseIgnoredPorts("22,,3306, ")).toEqual({
      ok: true,
      value: [
        { first: 22, last: 22 },
        { first: 3306, last: 3306 },
      ],
    });
    expect(parseAddresses("10.0.0.1,")).toEqual({ ok: true, value: ["10.0.0.1"] });
  });

  test("keep the others' positions", () => {
    expect(parseIgnoredPorts("22,,x")).toMatchObject({ ok: false, problem: expect.stringContaining('entry 3 is "x"') });
  });
});

describe("parsePorts refuses, with the position,", () => {
  test.each([
    ["http", 'entry 1 is "http"'],
    ["80,http", 'entry 2 is "http"'],
    ["80,", 'entry 2 is ""'],
    [",80", 'entry 1 is ""'],
    ["-1", 'entry 1 is "-1"'],
    ["+80", 'entry 1 is "+80"'],
    ["80.0", 'entry 1 is "80.0"'],
    ["8e1", 'entry 1 is "8e1"'],
    ["0x50", 'entry 1 is "0x50"'],
    ["٨٠", 'entry 1 is "٨٠"'],
    ["80 443", 'entry 1 is "80 443"'],
    ["80\n443", 'entry 1 is "80?443"'],
    ["65536", "ports end at 65535"],
    ["99999", "ports end at 65535"],
    ["123456", 'entry 1 is "123456"'],
    ["1:65536", "ports end at 65535"],
    ["0:80", "ports begin at 1"],
    ["90:80", "from the lower to the higher"],
    ["80:", 'entry 1 is "80:"'],
    ["80:90:95", 'entry 1 is "80:90:95"'],
    ["80-90", 'entry 1 is "80-90"'],
    [Array.from({ length: 1025 }, () => "80").join(","), "1025 entries, expected at most 1024"],
  ])("%j", (text, problem) => {
    expect(parsePorts(text)).toEqual({ ok: false, problem: expect.stringContaining(problem) });
  });
});

describe("parseAddresses accepts", () => {
  test.each([
    ["10.0.0.1", ["10.0.0.1"]],
    ["10.0.0.0/8, 0.0.0.0/0", ["10.0.0.0/8", "0.0.0.0/0"]],
    ["fd00:ec2::254,::/0,::1/128", ["fd00:ec2::254", "::/0", "::1/128"]],
    ["::ffff:10.0.0.1", ["::ffff:10.0.0.1"]],
    ["10.0.0.1,10.0.0.1", ["10.0.0.1"]],
    [" ", []],
  ])("%j", (text, addresses) => {
    expect(read(parseAddresses(text))).toEqual(addresses);
  });
});

describe("parseAddresses refuses", () => {
  test.each([
    ["a", 'entry 1 is "a"'],
    ["10.0.0.1,example.com", 'entry 2 is "example.com"'],
    ["123.222.333.444/24", "entry 1"],
    ["123.222..444", "entry 1"],
    ["10.0.0.1/33", "entry 1"],
    ["::1/129", "entry 1"],
    ["10.0.0.0/08", "entry 1"],
    ["10.0.0.0/-1", "entry 1"],
    ["10.0.0.0/8/8", "entry 1"],
    ["10.0.0.0/", "entry 1"],
    ["/8", "entry 1"],
    ["fe80::1%eth0", "entry 1"],
    ["010.0.0.1", "entry 1"],
    ["1.1.1.1 2.2.2.2", "entry 1"],
    [Array.from({ length: 1025 }, (_, index) => `10.0.${index >> 8}.${index & 255}`).join(","), "1025 entries"],
  ])("%j", (text, problem) => {
    expect(parseAddresses(text)).toEqual({ ok: false, problem: expect.stringContaining(problem) });
  });
});

describe("parseResource", () => {
  test.each(["10m", "0.5", "1", "32Mi", "1e3", "+5", "0", "1.5Gi", "100n"])("accepts %j as it is", (text) => {
    expect(read(parseResource(text))).toBe(text);
  });

  test("trims blanks, and takes blank text as nothing set", () => {
    expect(read(parseResource(" 10m "))).toBe("10m");
    expect(read(parseResource("  "))).toBe("");
  });

  test.each(["abc", "10 m", "-5m", "10mm", "1,5", "0x10", "Infinity", "NaN", "10m\n64Mi", "1".repeat(65)])(
    "refuses %j",
    (text) => {
      expect(parseResource(text)).toEqual({ ok: false, problem: expect.stringContaining("is not a quantity") });
    },
  );
});

describe("parseResourceName", () => {
  test.each(["web", "shop-web", "web_shop", 'say "hi"', "a$(B)", "Ümlaut", "x".repeat(255)])("accepts %j", (name) => {
    expect(read(parseResourceName(name))).toBe(name);
  });

  test.each([
    ["", "it is empty"],
    ["mesh/other", "contains a slash"],
    ["a\nb", "control character"],
    ["a\0b", "control character"],
    ["x".repeat(256), "256 characters"],
  ])("refuses %j", (name, problem) => {
    expect(parseResourceName(name)).toEqual({ ok: false, problem: expect.stringContaining(problem) });
  });
});

describe("parseSecretMounts accepts", () => {
  test.each([
    ["certs:/etc/certs", [["certs", "/etc/certs"]]],
    [
      " certs : /etc/certs , ca:/ca ",
      [
        ["certs", "/etc/certs"],
        ["ca", "/ca"],
      ],
    ],
    [
      "certs:/a,certs:/b",
      [
        ["certs", "/a"],
        ["certs", "/b"],
      ],
    ],
    ["my.secret.v1:/x", [["my.secret.v1", "/x"]]],
    ["", []],
  ])("%j", (text, mounts) => {
    expect(read(secrets(text))).toEqual(mounts.map(([name, path]) => ({ name, path })));
  });
});

describe("parseSecretMounts refuses", () => {
  test.each([
    ["certs", 'entry 1 is "certs", expected secret:path'],
    ["a:/x,b", 'entry 2 is "b"'],
    ["a:/x,", 'entry 2 is ""'],
    [":/x", "entry 1"],
    ["a:", "entry 1"],
    ["a:/x:ro", "entry 1"],
    ["A:/x", '"A" cannot be the name of a secret'],
    ["-a:/x", "cannot be the name of a secret"],
    [`${"a".repeat(254)}:/x`, "cannot be the name of a secret"],
    ["a:/x\u0007", "control character"],
    ["a:/x,b:/x", '"/x" is used twice'],
    [Array.from({ length: 1025 }, (_, index) => `a:/${index}`).join(","), "1025 entries"],
  ])("%j", (text, problem) => {
    expect(secrets(text)).toEqual({ ok: false, problem: expect.stringContaining(problem) });
  });
});

describe("parseEnv accepts", () => {
  test.each([
    ["DD_ENV=prod", { DD_ENV: "prod" }],
    ["DD_ENV=prod, TEST_ENV1=env_val1", { DD_ENV: "prod", TEST_ENV1: "env_val1" }],
    ["EMPTY=", { EMPTY: "" }],
    ["a.b-c=1", { "a.b-c": "1" }],
    [".a=1,_..b=2", { ".a": "1", "_..b": "2" }],
    ["A=1,A=2", { A: "2" }],
  ])("%j", (text, env) => {
    expect(Object.fromEntries(read(parseEnv(text)).map(({ name, value }) => [name, value]))).toEqual(env);
  });

  test("in any order with one result", () => {
    expect(parseEnv("B=2,A=1")).toEqual(parseEnv("A=1,B=2"));
  });
});

describe("parseEnv refuses", () => {
  test.each([
    ["DD_ENV", "0 equals signs"],
    ["A=1,B", "entry 2"],
    ["A=1,", "entry 2"],
    ["URL=a=b", "2 equals signs"],
    ["=x", "the name is empty"],
    ["1A=x", '"1A" cannot be the name'],
    ["A B=x", '"A B" cannot be the name'],
    [".=x", '"." cannot be the name'],
    ["..=x", '".." cannot be the name'],
    ["..A=x", '"..A" cannot be the name'],
    [Array.from({ length: 1025 }, (_, index) => `A${index}=1`).join(","), "1025 entries"],
  ])("%j", (text, problem) => {
    expect(parseEnv(text)).toEqual({ ok: false, problem: expect.stringContaining(problem) });
  });

  test("without quoting a value, which may be secret", () => {
    for (const text of ["TOKEN=hunter2=hunter3", "TOKEN=a,hunter2"]) {
      const parsed = parseEnv(text);
      expect(parsed.ok ? "" : parsed.problem).toMatch(/^entry [12] (?!.*hunter)/);
    }
  });
});

describe("parseEnvJson", () => {
  test("accepts values with commas and equals signs", () => {
    expect(read(parseEnvJson('[{"TAGS":"a=1,b=2"},{"A":"","B":"x"}]'))).toEqual([
      { name: "A", value: "" },
      { name: "B", value: "x" },
      { name: "TAGS", value: "a=1,b=2" },
    ]);
  });

  test.each(["[]", "null", "[{}]"])("takes %s as nothing", (text) => {
    expect(read(parseEnvJson(text))).toEqual([]);
  });

  test("lets the later of two entries win", () => {
    expect(read(parseEnvJson('[{"A":"1"},{"A":"2"}]'))).toEqual([{ name: "A", value: "2" }]);
  });

  test("keeps __proto__ a name like any other", () => {
    expect(read(parseEnvJson('[{"__proto__":"x"}]'))).toEqual([{ name: "__proto__", value: "x" }]);
  });

  test.each([
    ["{", "it is not JSON"],
    ["", "it is not JSON"],
    ['{"A":"1"}', "it is not a list"],
    ["[1]", "element 1 is not an object"],
    ['[{"A":"1"},null]', "element 2 is not an object"],
    ["[[]]", "element 1 is not an object"],
    ['[{"A":1}]', "the value of A is not a string"],
    ['[{"A":true}]', "the value of A is not a string"],
    ['[{"A":null}]', "the value of A is not a string"],
    ['[{"A":{"B":"1"}}]', "the value of A is not a string"],
    ['[{"":"1"}]', "the name is empty"],
    ['[{"A=B":"1"}]', "cannot be the name"],
    ['[{"A":"\\u0000"}]', "NUL"],
    [JSON.stringify([{ A: "x".repeat(131_072) }]), "expected at most 131072"],
  ])("refuses %j", (text, problem) => {
    expect(parseEnvJson(text)).toEqual({ ok: false, problem: expect.stringContaining(problem) });
  });
});

describe("parseSeconds", () => {
  test.each([
    ["0", 0],
    ["15", 15],
    ["15s", 15],
    [" 3600 ", 3600],
  ])("reads %j", (text, seconds) => {
    expect(read(parseSeconds(text))).toBe(seconds);
  });

  test.each(["", "3601", "1m", "-1", "1.5", "s", "15 s", "1e2", "99999"])("refuses %j", (text) => {
    expect(parseSeconds(text)).toEqual({ ok: false, problem: expect.stringContaining("is not a delay") });
  });
});

describe("parseSamplingRate", () => {
  test.each([
    ["0", "0"],
    ["1", "1"],
    ["1.00", "1"],
    ["0.05", "0.05"],
    [".5", "0.5"],
    ["0.004", "0"],
    ["0.005", "0.01"],
    ["0.126", "0.13"],
  ])("rounds %j to %s as the controller did", (text, rate) => {
    expect(read(parseSamplingRate(text))).toBe(rate);
  });

  test.each(["", "1.01", "2", "-0.1", "5%", "NaN", "Infinity", "1e-2", "0x1p-2", "0,5", "0.5.5", "."])(
    "refuses %j",
    (text) => {
      expect(parseSamplingRate(text)).toEqual({ ok: false, problem: expect.stringContaining("is not a rate") });
    },
  );
});

describe("clip", () => {
  test("quotes up to 40 characters", () => {
    expect(clip("x".repeat(40))).toBe("x".repeat(40));
    expect(clip("x".repeat(41))).toBe(`${"x".repeat(39)}…`);
  });

  test("shows no control characters and no half of a pair", () => {
    expect(clip("a\u001b[31m\nb")).toBe("a?[31m?b");
    expect(clip(`${"x".repeat(38)}😀😀`).isWellFormed()).toBe(true);
  });
});
