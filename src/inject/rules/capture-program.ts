import type { Configuration } from "../../config/schema.ts";

/** AWS's own image; it reads the same environment, but takes no arguments and needs a writable root file system. */
const AWS_IMAGE = /(^|\/)aws-appmesh-proxy-route-manager([:@]|$)/;

/** Which program redirects the traffic in `proxyinit`: said by the configuration, else told by the image's name. */
export function captureProgram({ program, image }: Configuration["capture"]): "outrigger" | "aws" {
  if (program !== "auto") return program;
  return AWS_IMAGE.test(image) ? "aws" : "outrigger";
}
