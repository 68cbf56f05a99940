import { OLDEST_MINOR } from "../../install/preflight/server-version.ts";
import { type Check, unread } from "./check.ts";

export const apiServer: Check = {
  id: "api-server",
  title: "Kubernetes version",
  about: "cluster",
  run({ version }) {
    if (version.kind !== "read") return unread(version, "version of the API server");
    const [, major, minor] = /^v?(\d+)\.(\d+)/.exec(version.value) ?? [];
    const found = `${version.value}; 1.${OLDEST_MINOR} or later is needed`;
    const isNewEnough = Number(major) > 1 || (Number(major) === 1 && Number(minor) >= OLDEST_MINOR);
    if (isNewEnough) return { found, problems: [] };
    const saw = `the API server is ${version.value}`;
    return { found, problems: [{ status: "failed", saw, hint: `upgrade the cluster to 1.${OLDEST_MINOR} or later` }] };
  },
};
