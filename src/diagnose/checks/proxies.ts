import { behindHint, behindText } from "../facts/proxies-behind.ts";
import { type Check, count } from "./check.ts";

/** Whether the connected proxies have what they are to have, as the replicas of the control plane report it. */
export const proxies: Check = {
  id: "proxies",
  title: "Connected proxies",
  about: "installation",
  run({ mesh, now }) {
    if (mesh.kind === "failed") return { notApplicable: mesh.why };
    if (mesh.kind !== "read") return { notApplicable: "there are no App Mesh objects" };
    const { contents, only, unread = [] } = mesh.value;
    const { reports = [] } = contents;
    if (reports.length === 0) return { notApplicable: unread.join("; ") || "no replica of the control plane reports" };
    const nodes = reports
      .flatMap((report) => report.nodes)
      .filter(({ node }) => only === undefined || node.namespace === only);
    const sum = (of: "proxies" | "current" | "rejecting") => nodes.reduce((total, node) => total + node[of], 0);
    const rejecting = sum("rejecting");
    const named = reports
      .flatMap(({ behind }) => behind.named)
      .filter(({ pod }) => only === undefined || pod.startsWith(`${only}/`));
    const all = reports.reduce((total, { behind }) => total + behind.proxies, 0);
    // whose the others are nobody says
    const late = only === undefined ? all : named.length;
    return {
      found: [
        `${sum("proxies")} of served nodes, ${sum("current")} with the newest version`,
        ...(rejecting > 0 ? [`${rejecting} that ${rejecting === 1 ? "rejects" : "reject"} something of it`] : []),
        ...unread,
      ].join("; "),
      problems:
        late === 0
          ? []
          : [
              {
                status: "warning",
                saw: `${count(late, "proxy", "proxies")} behind the newest version of ${late === 1 ? "its" : "their"} configuration: ${behindText(named, late, now)}`,
                hint: behindHint(named),
              },
            ],
    };
  },
};
