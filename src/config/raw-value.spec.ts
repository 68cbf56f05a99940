import { describe, expect, it } from "vitest";
import { printableRaw, type RawWord, readBoolean, readInteger, readValue, textWord } from "./raw-value.ts";
import type { SettingPath } from "./sources.ts";

const number = (text: string): RawWord => ({ text, written: "number" });
const boolean = (text: string): RawWord => ({ text, written: "boolean" });
const read = (path: SettingPath, raw: Parameters<typeof readValue>[1]) => readValue(path, raw);

const DOOR = '{"arn":"arn:aws:acm:eu-west-1:123456789012:certificate/door","secret":"door","namespaces":["shop"]}';

describe("readValue", () => {
  it.each<[SettingPath, RawWord | RawWord[], unknown]>([
    ["tracing.port", textWord("9411"), 9411],
    ["proxy.preStopDelaySeconds", textWord("20"), 20],
    ["proxy.preStopDelaySeconds", number("20"), 20],
    ["tracing.samplingRate", number("0.05"), "0.05"],
    ["proxy.requests.cpu", number("0.5"), "0.5"],
    ["proxy.requests.cpu", textWord(""), ""],
    ["injectDefault", textWord("FALSE"), false],
    ["preview", number("1"), true],
    ["preview", boolean("true"), true],
    ["accountId", number("012345678901"), "012345678901"],
    ["accountId", number("1.23456789012e+11"), "123456789012"],
    ["accountId", textWord("1.11122223333e+11"), "111122223333"],
    ["accountId", number("1e11"), "100000000000"],
    ["accountId", number("1.2345678901e+10"), "012345678901"],
    ["capture.ignoredPorts", textWord("22, 25"), [22, 25]],
    ["capture.ignoredPorts", number("22"), [22]],
    ["capture.ignoredPorts", [number("22"), textWord("25")], [22, 25]],
    ["capture.ignoredIps", textWord("169.254.169.254,fd00::/8"), ["169.254.169.254", "fd00::/8"]],
    ["capture.ignoredIps", textWord(" "), []],
    ["excludedNamespaces", [], []],
    ["stats.statsdSocketPath", textWord("/run/dsd.socket "), "/run/dsd.socket"],
    ["meshName", textWord(" my-mesh\n"), "my-mesh"],
    ["flavor", textWord("aws "), "aws"],
    ["proxy.image", textWord("\texample/envoy:1 "), "example/envoy:1"],
    ["capture.ignoredIps", [textWord("10.0.0.1 "), textWord(" fd00::/8")], ["10.0.0.1", "fd00::/8"]],
    ["excludedNamespaces", textWord(" a , b "), ["a", "b"]],
    ["controlPlane.certificates.secrets", textWord(" "), []],
    ["controlPlane.certificates.secrets", textWord(`[${DOOR}]`), [JSON.parse(DOOR)]],
  ])("%s takes %j as %j", (path, raw, value) => {
    expect(read(path, raw)).toEqual({ value });
  });

  it.each<[SettingPath, RawWord | RawWord[], RegExp]>([
    ["tracing.port", textWord("9411.0"), /^a whole number from 0 to 65535$/],
    ["tracing.port", textWord(""), /whole number/],
    ["proxy.adminPort", textWord("65536"), /^a whole number from 1 to 65535$/],
    ["proxy.adminPort", number("0x1F"), /whole number/],
    ["proxy.adminPort", number("1e3"), /whole number/],
    ["proxy.adminPort", textWord("99999999999999999999"), /whole number/],
    ["preview", textWord("enabled"), /^true or false$/],
    ["preview", textWord(""), /^true or false$/],
    ["meshName", boolean("true"), /mesh name/],
    ["meshName", textWord("a/b"), /mesh name/],
    ["meshName", textWord("a\nb"), /mesh name/],
    ["proxy.image", textWord("example/my envoy:1"), /image reference/],
    ["meshName", textWord("x".repeat(256)), /mesh name/],
    ["meshName", [textWord("a")], /mesh name/],
    ["accountId", textWord("12345"), /12 digits/],
    ["accountId", number("1.5e3"), /12 digits/],
    ["flavor", textWord("istio"), /^one of envoy, aws$/],
    ...[
      "door",
      DOOR,
      `[${DOOR}, ${DOOR}]`,
      '[{"arn":"arn:aws:acm:a"}]',
      '[{"arn":"aws:acm:a","secret":"door"}]',
      '[{"arn":"arn:aws:acm:a","secret":"../door"}]',
      '[{"arn":"arn:aws:acm:a","secret":"door","namespaces":["*"]}]',
      '[{"arn":"arn:aws:acm:a","secret":"door","namespace":"shop"}]',
    ].map((text): [SettingPath, RawWord, RegExp] => [
      "controlPlane.certificates.secrets",
      textWord(text),
      /^a list of/,
    ]),
    ["proxy.imagePullPolicy", textWord("always"), /^one of "", Always, IfNotPresent, Never$/],
    ["tracing.samplingRate", textWord("NaN"), /decimal/],
    ["tracing.samplingRate", textWord("0x1p-2"), /decimal/],
    ["proxy.requests.memory", textWord("32MB"), /quantity/],
    ["capture.ignoredPorts", textWord("22,,25"), /^a list, each a whole number from 1 to 65535$/],
    ["capture.ignoredIps", textWord("metadata.local"), /IP address/],
    ["capture.ignoredIps", [boolean("true")], /IP address/],
    ["webhook.listen", textWord("8443"), /ADDRESS:PORT/],
    ["webhook.listen", textWord("0.0.0.0:65536"), /ADDRESS:PORT/],
    ["webhook.tlsKey", textWord("-----BEGIN\nx"), /path of a file/],
  ])("%s refuses %j", (path, raw, expected) => {
    expect(read(path, raw)).toEqual({ expected: expect.stringMatching(expected) });
  });
});

describe("readBoolean and readInteger", () => {
  it("understand what Go's flag packages understood", () => {
    expect(["1", "t", "T", "true", "True", "TRUE"].map(readBoolean)).toEqual(Array(6).fill(true));
    expect(["0", "f", "F", "false", "False", "FALSE"].map(readBoolean)).toEqual(Array(6).fill(false));
    expect(["-5", "+5", " 5 "].map(readInteger)).toEqual([-5, 5, 5]);
  });

  it("say nothing about anything else", () => {
    expect(["yes", "on", "2", "", "truee"].map(readBoolean)).toEqual(Array(5).fill(undefined));
    expect(["", "5s", "1_000", "0b1", "٣", "9007199254740993"].map(readInteger)).toEqual(Array(6).fill(undefined));
  });
});

describe("printableRaw", () => {
  it("shows whether a word was written as text", () => {
    expect(printableRaw(textWord("true"))).toBe('"true"');
    expect(printableRaw(boolean("true"))).toBe("true");
    expect(printableRaw([number("1"), textWord("b")])).toBe('"1, b"');
  });
});
