import { createHash } from "node:crypto";
import type { MeshView } from "./view.ts";

/** The view with the hash of everything else in it. The order of members is that of the code, so equal views give equal texts. */
export function hashed<V extends MeshView>(view: Omit<V, "hash">): V {
  const hash = createHash("sha256").update(JSON.stringify(view)).digest("base64url").slice(0, 22);
  return { ...view, hash } as V;
}
