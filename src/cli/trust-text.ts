import type { Rotation, RotationStep } from "../pki/rotate.ts";
import type { RootStatus, TrustStatus } from "../pki/trust-status.ts";

/** A step of a rotation as a line for a person. */
export function stepText(authority: string, step: RotationStep): string {
  switch (step.kind) {
    case "root-added":
      return `${authority}: root ${step.root} added`;
    case "resumed":
      return `${authority}: going on with root ${step.root} of an earlier run`;
    case "published":
      return `${authority}: published in ${step.place}`;
    case "pods":
      return `${authority}: ${step.done} of ${step.total} pods have it`;
    case "delivered":
      return `${authority}: waiting until root ${step.root} signs`;
  }
}

/** How a rotation ended, for a person. */
export function rotationText({ authority, active, previous }: Rotation): string {
  const former = previous.map(({ id, until }) => `  root ${id} is trusted until ${until.toISOString()}\n`).join("");
  return `The ${authority} authority signs with root ${active}.\n${former}`;
}

/** All of a status, for a person. */
export function trustStatusText(statuses: readonly TrustStatus[]): string {
  return statuses.map(authorityText).join("\n");
}

function authorityText({ authority, secret, place, found, roots, pods }: TrustStatus): string {
  const head = `${authority} authority (Secret ${secret})\n`;
  if (found !== "held") return `${head}  not there\n`;
  const known = (root: RootStatus): string => {
    const published = root.published ? "published" : `not in ${place}`;
    return root.pods === undefined ? published : `${published}, in ${root.pods} of ${pods ?? 0} pods`;
  };
  const lines = roots.map((root) => `  ${root.state.padEnd(8)}  ${root.id}  ${instants(root)}, ${known(root)}\n`);
  return `${head}${lines.join("")}`;
}

function instants({ state, since, notAfter, delivered, until }: RootStatus): string {
  switch (state) {
    case "active":
      return `signs since ${since}, ends ${notAfter}`;
    case "next":
      return delivered === undefined ? `waits since ${since}` : `delivered ${delivered}`;
    case "previous":
      return `trusted until ${until}`;
  }
}
