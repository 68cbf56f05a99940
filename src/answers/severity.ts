import type { ProblemCode } from "../graph/problem.ts";

/**
 * `error`: something does not do what is written. `warning`: it works, but something that is written has no effect, or is another's by
 * right. A pipeline stops for either.
 */
export type Severity = "error" | "warning";

/** In what colour a terminal shows it. */
export const SEVERITY_COLORS = { error: "red", warning: "yellow" } as const satisfies Record<Severity, string>;

/** How grave each problem is; `docs/problems.md` says the same, and a test keeps the two equal. */
export const SEVERITIES: Readonly<Record<ProblemCode, Severity>> = {
  "not-readable": "error",
  refused: "error",
  "unknown-field": "warning",
  "wider-than-written": "error",
  "no-mesh": "error",
  "ambiguous-mesh": "error",
  "mesh-not-selected": "error",
  "bad-selector": "error",
  "ambiguous-pods": "error",
  "no-gateway": "error",
  "ambiguous-gateway": "error",
  "gateway-not-selected": "error",
  "name-claimed-twice": "error",
  "name-of-another-namespace": "warning",
  "missing-reference": "error",
  "other-mesh": "error",
  "bad-arn": "error",
  "no-reference": "error",
  "ambiguous-field": "error",
  "route-named-twice": "error",
  "backend-twice": "warning",
  "protocol-mismatch": "error",
  "port-mismatch": "error",
  "never-matches": "error",
  "bad-expression": "error",
  "shadowed-route": "warning",
  "alike-services": "error",
  "no-target": "error",
  "capped-timeout": "warning",
  "no-service": "warning",
  "name-not-answered": "warning",
  "sidecar-port": "error",
  "no-discovery": "error",
  "stays-dns": "warning",
  "bad-health-check": "error",
  "bad-certificate": "error",
  "certificate-name": "error",
  "certificate-secret": "error",
  "tls-mismatch": "error",
  "bad-access-log": "warning",
  "bad-annotation": "error",
  rejected: "error",
};
