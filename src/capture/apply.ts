import type { Family } from "./address-block.ts";
import { requireCapabilities, toolNames } from "./backend.ts";
import { CaptureError } from "./capture-error.ts";
import { type CaptureSystem, RESTORE_ARGUMENTS } from "./capture-system.ts";
import { differences } from "./differences.ts";
import { reasonWithoutIpv6 } from "./ipv6-presence.ts";
import type { FamilyPlan } from "./plan.ts";
import { foreignReferences, restoreText } from "./restore-text.ts";
import { parseSaved, type SavedTable } from "./saved-table.ts";
import type { Backend } from "./settings.ts";
import { toolFailure, unreadableTable } from "./tool-failure.ts";

/** What became of one family. */
export type FamilyResult =
  | { readonly family: Family; readonly kind: "applied" | "unchanged" }
  | { readonly family: Family; readonly kind: "skipped"; readonly reason: string };

/**
 * Makes the nat table of each family as planned: one call of iptables-restore a family, which the kernel takes as a whole or
 * not at all, and a look afterwards that it is so. All tables are read, and everything that can be refused beforehand is,
 * before the first is written. A family that is as planned is not touched. A machine without IPv6 skips that family.
 * Throws CaptureError.
 */
export function applyPlans(
  plans: readonly FamilyPlan[],
  backend: Backend,
  system: CaptureSystem,
): readonly FamilyResult[] {
  requireCapabilities(backend, system.read("/proc/self/status"));
  const prepared = plans.map((plan) => ({ plan, table: tableOf(plan.family, backend, system) }));
  for (const { plan, table } of prepared) if (table.kind === "read") refuseForeign(plan, table.saved);
  return prepared.map(({ plan, table }): FamilyResult => {
    const { family } = plan;
    if (table.kind === "absent") return { family, kind: "skipped", reason: table.reason };
    if (differences(plan, table.saved).length === 0) return { family, kind: "unchanged" };
    write(plan, table.saved, backend, system);
    return { family, kind: "applied" };
  });
}

type Table =
  | { readonly kind: "read"; readonly saved: SavedTable }
  | { readonly kind: "absent"; readonly reason: string };

/** The family's table; without IPv6 in the pod, the lack of the kernel's IPv6 tables is no error. */
function tableOf(family: Family, backend: Backend, system: CaptureSystem): Table {
  const absent = family === "ipv6" ? reasonWithoutIpv6(system) : undefined;
  if (absent?.certain === true) return { kind: "absent", reason: absent.reason };
  try {
    return { kind: "read", saved: readTable(family, backend, system) };
  } catch (error) {
    if (absent === undefined || !(error instanceof CaptureError) || error.code !== "unsupported") throw error;
    return { kind: "absent", reason: `${absent.reason}, and ${error.message}` };
  }
}

function readTable(family: Family, backend: Backend, system: CaptureSystem): SavedTable {
  const tool = toolNames(backend, family).save;
  const result = system.run(tool, ["-t", "nat"], "");
  if (result.kind !== "exited" || result.code !== 0)
    throw toolFailure({ backend, family, tool, result, input: "" }, system);
  const saved = parseSaved(result.stdout);
  if (saved === undefined) throw unreadableTable(backend, family, result.stdout + result.stderr);
  return saved;
}

function refuseForeign(plan: FamilyPlan, saved: SavedTable): void {
  const foreign = foreignReferences(plan, saved);
  if (foreign.length === 0) return;
  throw new CaptureError(
    "in-use",
    `a chain of ours cannot be removed, because rules of somebody else lead to it: ${foreign.slice(0, 3).join("; ")}; remove those first`,
  );
}

function write(plan: FamilyPlan, saved: SavedTable, backend: Backend, system: CaptureSystem): void {
  const { family } = plan;
  const tool = toolNames(backend, family).restore;
  const input = restoreText(plan, saved);
  const result = system.run(tool, RESTORE_ARGUMENTS, input);
  if (result.kind !== "exited" || result.code !== 0)
    throw toolFailure({ backend, family, tool, result, input }, system);
  const wrong = differences(plan, readTable(family, backend, system));
  if (wrong.length === 0) return;
  throw new CaptureError(
    "not-in-place",
    `${tool} reported success, but the rules are not as planned: ${wrong.slice(0, 3).join("; ")}; another program may be writing rules in this pod at the same time`,
  );
}
