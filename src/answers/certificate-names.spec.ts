import { describe, expect, test } from "vitest";
import { testAuthority } from "../../test/envoy/authority.ts";
import type { JsonObject } from "../model/json.ts";
import { acceptedNames, isAccepted, shownCertificates } from "./certificate-names.ts";

describe("the certificates that an Envoy shows", () => {
  const secret = (name: string, more: JsonObject): JsonObject => ({ secret: { name, ...more } });
  const chain = (certificate: JsonObject) => ({ tls_certificate: { certificate_chain: certificate } });

  test("are its own with all their names, by their file where they have one", async () => {
    const { issue, pem } = await testAuthority();
    const { cert } = await issue(
      { type: "dns", value: "billing.store" },
      { type: "url", value: "spiffe://x/y" },
      { type: "ip", value: "10.0.0.1" },
    );
    const bytes = Buffer.from(`${cert}\n${pem}`).toString("base64");
    const secrets = [
      secret("file-certificate:/certs/tls.crt:/certs/tls.key", chain({ inline_bytes: bytes })),
      secret("file-certificate:/certs/tls.crt:/certs/tls.key:%with:/certs/ca.crt", chain({ inline_bytes: bytes })),
      secret("acm-certificate:arn", chain({ inline_string: pem })),
      secret("file-trust:/certs/ca.crt", { validation_context: { trusted_ca: { inline_string: pem } } }),
      secret("token", { generic_secret: {} }),
      secret("empty", chain({ inline_bytes: "" })),
      secret("odd", chain({ filename: "/x" })),
    ];
    const expected = [
      { path: "/certs/tls.crt", names: ["billing.store", "spiffe://x/y", "10.0.0.1"] },
      { path: "acm-certificate:arn", names: [] },
    ];
    expect(shownCertificates({ configs: secrets })).toEqual(expected);
    expect(shownCertificates({ configs: [{ dynamic_active_secrets: secrets }] })).toEqual(expected);
  });

  test.each([undefined, null, "no", {}, { configs: {} }])("are not guessed out of %j", (answer) => {
    expect(shownCertificates(answer)).toBeUndefined();
  });
});

describe("the names that a cluster accepts", () => {
  const cluster = (name: string, names: readonly object[] | undefined) => ({
    cluster: {
      name,
      transport_socket: {
        typed_config: {
          common_tls_context: {
            combined_validation_context: { default_validation_context: { match_typed_subject_alt_names: names } },
          },
        },
      },
    },
  });
  const names = [
    { san_type: "DNS", matcher: { exact: "payment.store" } },
    { san_type: "URI", matcher: { exact: "payment.store" } },
    { san_type: "DNS", matcher: { suffix: ".example.com", ignore_case: true } },
  ];

  test("are each said once, of the cluster that was asked for", () => {
    const configs = [cluster("other", []), cluster("payment", names)];
    const expected = ["payment.store", "*.example.com"];
    expect(acceptedNames({ configs } as never, "payment")).toEqual(expected);
    expect(acceptedNames({ configs: [{ dynamic_active_clusters: configs }] } as never, "payment")).toEqual(expected);
  });

  test("are none where any name is accepted, and not known where there is no such cluster", () => {
    expect(acceptedNames({ configs: [{ cluster: { name: "plain" } }] }, "plain")).toEqual([]);
    for (const dump of [undefined, null, {}, { configs: [] }, { configs: [{ cluster: {} }, 5] }]) {
      expect(acceptedNames(dump, "plain")).toBeUndefined();
    }
  });

  test.each([
    [["payment.store"], ["payment.store"], true],
    [["Payment.store"], ["payment.store"], false],
    [["a.EXAMPLE.com"], ["*.example.com"], true],
    [["example.com"], ["*.example.com"], false],
    [["billing.store"], ["payment.store"], false],
    [[], ["payment.store"], false],
    [[], [], true],
  ])("%j is of %j: %s", (own, accepted, expected) => {
    expect(isAccepted(own, accepted)).toBe(expected);
  });
});
