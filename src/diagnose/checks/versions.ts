import { releaseOf } from "../facts/component.ts";
import { valueIn } from "../facts/reading.ts";
import type { Check, CheckProblem } from "./check.ts";

export const versions: Check = {
  id: "versions",
  title: "Versions of Outrigger",
  about: "installation",
  run({ release, injector, controlPlane }) {
    const parts = [
      ["injector", injector],
      ["control plane", controlPlane],
    ] as const;
    const running = parts.flatMap(([name, { deployment }]) => {
      const image = valueIn(deployment)?.image;
      return image === undefined ? [] : [{ name, image, version: releaseOf(image) }];
    });
    if (running.length === 0)
      return { notApplicable: "neither the injector nor the control plane is there to be seen" };
    const problems = running.flatMap(({ name, version }): readonly CheckProblem[] => {
      if (version === undefined || version === release) return [];
      const saw = `the ${name} is ${version}, this command line ${release}`;
      return [
        { status: "warning", saw, hint: "outrigger install brings the cluster to the version of the command line" },
      ];
    });
    const words = running.map(({ name, version, image }) => `${name} ${version ?? `unknown (${image})`}`);
    return { found: `command line ${release}, ${words.join(", ")}`, problems };
  },
};
