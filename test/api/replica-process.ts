/**
 * A replica of the control plane in a process of its own, so that a test can kill it: `replica-process.ts IDENTITY SETTINGS`, the settings being
 * JSON. `outrigger control-plane` is called by the host's name, which two on one machine share. SIGTERM ends it as a kubelet does.
 */
import { configuration } from "../../src/config/schema.ts";
import { startControlPlane } from "../../src/control-plane/start-control-plane.ts";
import { RELEASE } from "../../src/release.ts";

const [identity = "", settings = "{}"] = process.argv.slice(2);
const abort = new AbortController();
process.on("SIGTERM", () => abort.abort());
const running = await startControlPlane(
  { configuration: configuration(JSON.parse(settings)), release: RELEASE, identity },
  abort.signal,
);
if (!abort.signal.aborted) {
  await new Promise((resolve) => abort.signal.addEventListener("abort", resolve, { once: true }));
}
await running.close();
