import fc from "fast-check";
import { type SettingValue, typeOf } from "../../src/config/setting-type.ts";
import { SETTINGS, type SettingPath } from "../../src/config/sources.ts";

/** Printable text that YAML, quoting and escaping may find difficult. */
const words = (maxLength: number) =>
  fc.oneof(
    fc.constantFrom(
      "null",
      "~",
      "true",
      "0x1F",
      "1e3",
      "012",
      ": ",
      "# no comment",
      "'",
      '"',
      "- a",
      "{a}",
      "&a",
      "*a",
      "…",
    ),
    fc.string({ unit: "binary", maxLength }).filter((text) => !/\p{Cc}|\p{Cs}/u.test(text)),
  );
const name = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?$/);
const host = fc.oneof(name, fc.ipV4(), fc.ipV6(), fc.constant("outrigger.appmesh-system.svc"));
const path = words(60).map((text) => `/${text}`);
const address = fc.oneof(
  fc.ipV4(),
  fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 })).map(([ip, bits]) => `${ip}/${bits}`),
  fc.constantFrom("::1", "fd00:ec2::254", "fe80::/10"),
);
const orNothing = (text: fc.Arbitrary<string>) => fc.oneof({ weight: 9, arbitrary: text }, fc.constant(""));

const LISTEN_ADDRESSES = fc
  .tuple(fc.constantFrom("", "0.0.0.0", "localhost", "[::1]"), fc.integer({ min: 0, max: 65535 }))
  .map(([hostName, port]) => `${hostName}:${port}`);

/** Valid texts by the form that the schema names. Blanks around one are taken off, wherever it comes from. */
const TEXTS: Readonly<Record<string, fc.Arbitrary<string>>> = {
  "a mesh name of at most 255 characters without slash or control character, or nothing": words(80).map((text) =>
    text.replaceAll("/", "_"),
  ),
  "a region such as us-west-2, or nothing": orNothing(fc.constantFrom("us-west-2", "eu-central-1", "x")),
  "an account number of 12 digits, or nothing": orNothing(fc.stringMatching(/^[0-9]{12}$/)),
  "an image reference such as repository/name:tag or repository/name@sha256:…, or nothing": words(80).map((text) =>
    text.replaceAll(/\s/g, ""),
  ),
  "/dev/stdout or /dev/stderr, or nothing": fc.constantFrom("", "/dev/stdout", "/dev/stderr"),
  "the name of a Secret, or nothing": orNothing(name),
  "a Kubernetes quantity such as 10m, 0.5 or 32Mi, or nothing": orNothing(
    fc
      .tuple(
        fc.nat(999_999),
        fc.constantFrom("", ".5", "."),
        fc.constantFrom("", "m", "Mi", "Gi", "k", "e3", "E-3", "n"),
      )
      .map((parts) => parts.join("")),
  ),
  "an absolute path": path,
  "an absolute path, or nothing": orNothing(path),
  "a host name or an IP address": host,
  "a host name, an IP address or ref:status.hostIP": fc.oneof(host, fc.constant("ref:status.hostIP")),
  "a host name, an IP address or ref:status.hostIP, or nothing": orNothing(
    fc.oneof(host, fc.constant("ref:status.hostIP")),
  ),
  "an account number of 12 digits": fc.constantFrom("000000000000", "123456789012"),
  "a region such as us-west-2": fc.constantFrom("us-west-2", "eu-west-1"),
  "a decimal from 0 to 1 such as 0.05": fc.constantFrom("0", "1", "0.05", "0.50", "1.0", "0.000001"),
  "the ARN of an IAM role, or nothing": orNothing(fc.constant("arn:aws:iam::012345678901:role/a/b+c=d")),
  "ADDRESS:PORT such as 0.0.0.0:8443, [::]:8443 or 127.0.0.1:0": LISTEN_ADDRESSES,
  "ADDRESS:PORT such as 0.0.0.0:9090, or nothing": orNothing(LISTEN_ADDRESSES),
  "ADDRESS:PORT on loopback such as 127.0.0.1:9091 or [::1]:9091, or nothing": orNothing(
    fc.constantFrom("127.0.0.1:9091", "[::1]:9091"),
  ),
  "the path of a file, or nothing": orNothing(words(80)),
};

/** Any setting with any value that the schema allows; `arbitrarySetting` throws for a form that it does not know. */
export const arbitrarySetting: fc.Arbitrary<readonly [SettingPath, SettingValue]> = fc
  .constantFrom(...SETTINGS.map((setting) => setting.path))
  .chain((setting) => fc.tuple(fc.constant(setting), valueFor(setting)));

function valueFor(setting: SettingPath): fc.Arbitrary<SettingValue> {
  const { takes, choices, range, form } = typeOf(setting);
  const [min = 0, max = 0] = range ?? [];
  if (choices !== undefined) return fc.constantFrom(...choices);
  switch (takes) {
    case "boolean":
      return fc.boolean();
    case "integer":
      return fc.integer({ min, max });
    case "integers":
      return fc.array(fc.integer({ min, max }), { maxLength: 5 });
    case "texts":
      return fc.array(form.includes("namespace") ? name : address, { maxLength: 5 });
    case "maps":
      return fc.uniqueArray(
        fc.record({ arn: name.map((text) => `arn:aws:acm:${text}`), secret: name, namespaces: fc.array(name) }),
        { maxLength: 3, selector: ({ arn }) => arn },
      );
    case "text": {
      const texts = TEXTS[form];
      if (texts === undefined) throw new Error(`no values known for ${setting}: ${form}`);
      return texts.map((text) => text.trim());
    }
  }
}
