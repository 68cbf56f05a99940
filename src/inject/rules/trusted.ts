import type { Ended, Trace } from "../trace.ts";
import type { Seen } from "./seen.ts";

/** A sidecar that talks to the control plane must be able to tell it from an impostor. */
export function trusted({ input, settings }: Pick<Seen, "input" | "settings">, trace: Trace): Ended | undefined {
  const rule = "trust";
  if (settings.flavor === "aws" || settings.configuration.proxy.controlPlane === "none") {
    return trace.pass(rule, "no trust is needed without our control plane");
  }
  switch (input.trust.kind) {
    case "known":
      return trace.set(rule, "the mesh's trust is known");
    case "later":
      return trace.set(rule, "the trust is added later, by a webhook or by inject --refresh");
    case "missing":
      return trace.deny(
        rule,
        "trust-missing",
        `the mesh's trust is not there yet (looked for ${input.trust.lookedFor}), so this sidecar could not verify its control plane; is the control plane running?`,
      );
  }
}
