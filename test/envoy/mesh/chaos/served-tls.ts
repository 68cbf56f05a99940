import { testAuthority } from "../../authority.ts";
import { tlsFiles } from "../tls-files.ts";
import { hostOf, WITH_ENVOY } from "./shop.ts";
import type { TlsSources } from "./tls.ts";

const ARN = "arn:aws:acm:r:1:certificate/shop";
const AUTHORITY_ARN = "arn:aws:acm-pca:r:1:certificate-authority/shop";

/** Certificates in files, of an authority of their own, and ARNs that mean whoever signs in the place of ACM. */
export async function tlsSources(): Promise<{ readonly sources: TlsSources; readonly remove: () => Promise<void> }> {
  const files = await tlsFiles();
  const authority = await testAuthority();
  await files.write("root.pem", authority.pem);
  for (const name of [...WITH_ENVOY, "client"]) {
    await files.issue(name, authority, { type: "dns", value: hostOf(name) });
  }
  const certificate = (name: string) => ({
    file: { certificateChain: files.at(`${name}.crt`), privateKey: files.at(`${name}.key`) },
  });
  const trust = {
    file: { file: { certificateChain: files.at("root.pem") } },
    acm: { acm: { certificateAuthorityARNs: [AUTHORITY_ARN] } },
  };
  const sources: TlsSources = {
    certificate: (node, by) => (by === "file" ? certificate(node) : { acm: { certificateARN: ARN } }),
    clientCertificate: certificate("client"),
    trust: (by) => trust[by],
  };
  return { sources, remove: files.remove };
}
