import { create } from "@bufbuild/protobuf";
import fc from "fast-check";
import { expect, test } from "vitest";
import { SecretSchema } from "../generated/envoy/extensions/transport_sockets/tls/v3/secret_pb.js";
import { spelledOtherwise, spelledPlainly } from "./spelled-otherwise.ts";

const said = (folder: string): string => `unable to add filesystem watch for file ${folder}: No such file or directory`;

function watching(path: string) {
  return create(SecretSchema, {
    name: "s",
    type: { case: "tlsCertificate", value: { watchedDirectory: { path } } },
  });
}

test("what is said of a folder is the same in whatever way it was written", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1_023 }), (way) => {
      const other = spelledOtherwise(watching("/certs"), way)?.type;
      const path = other?.case === "tlsCertificate" ? (other.value.watchedDirectory?.path ?? "") : "";
      expect(path).not.toBe("/certs");
      expect(spelledPlainly(said(path))).toBe(said("/certs"));
    }),
  );
});

test.each(["/certs", "/certs/", "/.certs", "/certs/.new/a.pem", "/certs/../a", "./a", "/a.b/c", "in /a. And /b"])(
  "%s stays what it is",
  (text) => {
    expect(spelledPlainly(said(text))).toBe(said(text));
  },
);
