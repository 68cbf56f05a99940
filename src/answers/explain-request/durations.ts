import type { Duration } from "@bufbuild/protobuf/wkt";

/** Milliseconds; of an absent one 0. */
export function millisOf(duration: Duration | undefined): number {
  return duration === undefined ? 0 : Number(duration.seconds) * 1000 + duration.nanos / 1_000_000;
}
