import { IDENTITY_PATH } from "../model/names.ts";
import { typed } from "./typed.ts";

/** Names of the two secrets, in the files and in the clusters that use them. */
export const TRUST_SECRET = "trust";
export const TOKEN_SECRET = "token";

/** Where Envoy finds its identity: a volume of projected files, replaced all at once by the kubelet. */
export const IDENTITY_FILES = {
  token: `${IDENTITY_PATH}/token`,
  trust: `${IDENTITY_PATH}/trust.pem`,
  tokenSds: `${IDENTITY_PATH}/token-sds.json`,
  trustSds: `${IDENTITY_PATH}/trust-sds.json`,
} as const;

/**
 * The exact text of the two file-based SDS responses. They never change; they exist so that Envoy loads token and root
 * as secrets, which it watches, instead of as parts of its bootstrap, which it reads once.
 */
export function identityFiles(): { readonly trustSds: string; readonly tokenSds: string } {
  const watched = { watched_directory: { path: IDENTITY_PATH } };
  return {
    trustSds: secretFile(TRUST_SECRET, {
      validation_context: { trusted_ca: { filename: IDENTITY_FILES.trust }, ...watched },
    }),
    tokenSds: secretFile(TOKEN_SECRET, {
      generic_secret: { secret: { filename: IDENTITY_FILES.token, ...watched } },
    }),
  };
}

function secretFile(name: string, secret: Parameters<typeof typed>[1]): string {
  const type = "envoy.extensions.transport_sockets.tls.v3.Secret";
  return JSON.stringify({ resources: [typed(type, { name, ...secret })] });
}
