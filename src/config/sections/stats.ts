import { z } from "zod";
import { hostOrReference, optionalAbsolutePath, port } from "../forms.ts";
import { group, setting } from "../setting.ts";

/** Statistics of the sidecar. */
export const stats = group({
  tags: setting(z.boolean().default(false), "tag statistics with mesh and virtual node"),
  statsd: setting(z.boolean().default(false), "send statistics by DogStatsD"),
  statsdAddress: setting(
    hostOrReference.default("127.0.0.1"),
    "host name, IP address or ref:status.hostIP of the DogStatsD server",
  ),
  statsdPort: setting(port.default(8125), "port of the DogStatsD server"),
  statsdSocketPath: setting(
    optionalAbsolutePath.default(""),
    "Unix socket of the DogStatsD server, instead of address and port; empty: none",
  ),
});
