import type { Entry } from "../gathered.ts";
import { rawText, textWord } from "../raw-value.ts";
import type { SettingPath } from "../sources.ts";

/** Images that the old programs took in two halves, and the halves that they had by default. */
const IMAGES = [
  {
    name: "sidecar",
    path: "proxy.image",
    repository: "public.ecr.aws/appmesh/aws-appmesh-envoy",
    tag: "v1.34.13.3-prod",
  },
  {
    name: "init",
    path: "capture.image",
    repository: "840364872350.dkr.ecr.us-west-2.amazonaws.com/aws-appmesh-proxy-route-manager",
    tag: "v7-prod",
  },
  { name: "xray", path: "tracing.xrayImage", repository: "public.ecr.aws/xray/aws-xray-daemon", tag: "latest" },
] as const;

/**
 * Joins repositories and tags, wherever each of them was given; the result stands where the stronger half stood. A half
 * that was not given is the old programs' own. A tag that is a digest is joined as one.
 */
export function joinImages(entries: readonly Entry[]): Entry[] {
  let joined = [...entries];
  for (const image of IMAGES) {
    const repository = joined.findLast(({ target }) => target === `former:${image.name}.repository`);
    const tag = joined.findLast(({ target }) => target === `former:${image.name}.tag`);
    const stronger = joined.findLast((entry) => entry === repository || entry === tag);
    if (stronger === undefined) continue;
    const text = reference(image, repository && rawText(repository.raw), tag && rawText(tag.raw));
    const whole: Entry<SettingPath> = { target: image.path, raw: textWord(text), origin: stronger.origin };
    joined = joined
      .map((entry) => (entry === stronger ? whole : entry))
      .filter(({ target }) => !target.startsWith(`former:${image.name}.`) || target === "former:xray.port");
  }
  return joined;
}

function reference(image: (typeof IMAGES)[number], repository: string | undefined, tag: string | undefined): string {
  const end = tag || image.tag;
  return `${repository || image.repository}${end.startsWith("sha256:") ? "@" : ":"}${end}`;
}
