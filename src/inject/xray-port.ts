import type { SidecarSettings } from "./decision.ts";

/** The daemon's own. */
export const XRAY_PORT = 2000;

/** UDP port on which the X-Ray daemon listens. */
export function xrayPort(settings: SidecarSettings): number {
  return settings.configuration.tracing.port || XRAY_PORT;
}
