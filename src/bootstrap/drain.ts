/**
 * How long connections of a listener or filter chain that was changed or taken away stay open: an open TCP connection, of a
 * database for one, must not be cut because something in the mesh changed. Nothing else waits for it: SIGTERM ends Envoy at
 * once. Who can be asked to go elsewhere is asked at once (`immediate`), not more and more often over the whole time.
 */
export const DRAIN_ARGUMENTS: readonly string[] = ["--drain-time-s", "600", "--drain-strategy", "immediate"];
