import type { JsonObject } from "../../../../src/model/json.ts";
import { testAuthority } from "../../authority.ts";
import { tlsFiles } from "../tls-files.ts";
import { hostOf, type Tls } from "./shop.ts";

/** TLS with certificates in files: a node that demands it, one that takes both, and a caller that checks whom it calls. */
export async function tlsOfFiles(): Promise<{ readonly tls: Tls; readonly remove: () => Promise<void> }> {
  const files = await tlsFiles();
  const authority = await testAuthority();
  await files.write("root.pem", authority.pem);
  const listener = async (node: string, mode: "STRICT" | "PERMISSIVE"): Promise<JsonObject> => {
    await files.issue(node, authority, { type: "dns", value: hostOf(node) });
    const file = { certificateChain: files.at(`${node}.crt`), privateKey: files.at(`${node}.key`) };
    return { mode, certificate: { file } };
  };
  const listeners = { "node-1": await listener("node-1", "STRICT"), "node-2": await listener("node-2", "PERMISSIVE") };
  const validation = { trust: { file: { certificateChain: files.at("root.pem") } } };
  return { tls: { listeners, clientPolicy: { enforce: false, validation } }, remove: files.remove };
}
