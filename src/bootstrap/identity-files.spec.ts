import { expect, test } from "vitest";
import { controlPlaneCluster } from "./control-plane.ts";
import { IDENTITY_FILES, identityFiles } from "./identity-files.ts";

test("both files are JSON of one secret each, which names its file and the folder to watch", () => {
  const { trustSds, tokenSds } = identityFiles();
  expect(JSON.parse(trustSds)).toEqual({
    resources: [
      {
        "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret",
        name: "trust",
        validation_context: {
          trusted_ca: { filename: "/var/run/outrigger/trust.pem" },
          watched_directory: { path: "/var/run/outrigger" },
        },
      },
    ],
  });
  expect(JSON.parse(tokenSds)).toEqual({
    resources: [
      {
        "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret",
        name: "token",
        generic_secret: {
          secret: { filename: "/var/run/outrigger/token", watched_directory: { path: "/var/run/outrigger" } },
        },
      },
    ],
  });
});

test("the same text comes every time, for it is compared as an annotation", () => {
  expect(identityFiles()).toEqual(identityFiles());
});

test("the control plane's cluster holds neither token nor root, only where they are", () => {
  const text = JSON.stringify(controlPlaneCluster("outrigger.appmesh-system.svc", 18000, undefined));
  expect(text).toContain(IDENTITY_FILES.tokenSds);
  expect(text).toContain(IDENTITY_FILES.trustSds);
  expect(text).not.toContain("inline_");
});
