/**
 * Which of the small applications of AWS's walkthroughs this one plays, as their manifests say it to them by variables:
 * - `front` (`COLOR_HOST`, a `host:port`): hands every request on, with its `color_header`, and answers what it got, over HTTP or by calls of gRPC;
 * - `color` (`COLOR`): answers its color, after a delay (`TIMEOUT_VALUE`, seconds there);
 * - `ports` (`PORT1`, `PORT2`): answers the port on which it was asked;
 * - `describer`: none of them; the application answers with descriptions.
 */
export type Role =
  | { readonly kind: "describer" }
  | { readonly kind: "front"; readonly colorHost: string }
  | { readonly kind: "color"; readonly color: string; readonly delayMs: number }
  | { readonly kind: "ports"; readonly ports: string };

export function roleOf(env: NodeJS.ProcessEnv): Role {
  const { COLOR, COLOR_HOST, PORT1, PORT2, TIMEOUT_VALUE = "0" } = env;
  if (COLOR_HOST !== undefined) return { kind: "front", colorHost: COLOR_HOST };
  if (COLOR !== undefined) return { kind: "color", color: COLOR, delayMs: Number(TIMEOUT_VALUE) * 1000 };
  if (PORT1 !== undefined && PORT2 !== undefined) return { kind: "ports", ports: `${PORT1},${PORT2}` };
  return { kind: "describer" };
}

/** The ports of a role, in the form of `--http`. Its manifests say `PORT`, or `SERVER_PORT`, or nothing. */
export function portsOf(role: Role, env: NodeJS.ProcessEnv): string {
  switch (role.kind) {
    case "front":
    case "color":
      return env["PORT"] ?? env["SERVER_PORT"] ?? "8080";
    case "ports":
      return role.ports;
    case "describer":
      return "8080";
  }
}
