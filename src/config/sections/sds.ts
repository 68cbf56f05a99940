import { z } from "zod";
import { absolutePath } from "../forms.ts";
import { group, setting } from "../setting.ts";

/** Certificates from an SDS server on the node. */
export const sds = group({
  enabled: setting(z.boolean().default(false), "certificates from a local SDS server such as SPIRE"),
  udsPath: setting(absolutePath.default("/run/spire/sockets/agent.sock"), "Unix socket of the SDS server on the node"),
});
