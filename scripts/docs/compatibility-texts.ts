/** A configuration that comes as close to the AWS programs as can be; the page shows it and a test loads it. */
export const OLD_WAYS_FILE = `flavor: aws
virtualNodeNaming: owner-namespace
onMissingVirtualNode: deny
proxy:
  mode: ordinary
  fsGroup: 1337
capture:
  ignoredIps: [169.254.169.254]
`;

export const INTRODUCTION = `# Coming from AWS App Mesh

This page is written out of the tables that the tests walk, by \`node scripts/write-docs.ts\`; a test fails when it is stale.

There were two programs that put Envoys into pods: the *injector of 2019* (\`aws-app-mesh-inject\`) and the *controller*
(\`appmesh-controller\`). They disagreed here and there. Outrigger takes the union: labels, annotations, custom resources and manifests
stay as they are, old flags and chart values are understood ([configuration](configuration.md)), and registrations of both reach it.

Three things are different for everybody, on purpose:

* Envoy is a *native sidecar*: it is ready before your containers start and ends after them, and Jobs finish.
* The default image is the upstream Envoy (\`flavor: envoy\`), which gets its configuration from Outrigger's control plane. AWS's image and its
  environment variables are there with \`flavor: aws\`.
* Nothing is silent. A pod that is left alone, refused or taken with a guess says so, with the [reason](reasons.md).`;

export const AS_BEFORE = `## The old ways

Most differences below have a switch. This configuration comes as close to the old programs as can be; \`deny\` is the controller's answer to
a pod without VirtualNode, \`skip\` was the injector's, and \`owner_namespace\` is the shape of the controller's names.

\`\`\`yaml
${OLD_WAYS_FILE}\`\`\``;

export const DIFFERENT_NOTE = `Each row is a test: the given pod, what the old programs made of it, what Outrigger makes of it. "Decided by" names the bug (below), the
setting or the rule behind the difference.`;

export const SAME_NOTE =
  "Each row is a test as well. Settings are the old programs' (`flavor: aws`, AWS's images) where the row is about their output.";

export const BUGS_NOTE = `Each has a test of its id in \`test/unit/known-bugs.spec.ts\` (I, the injector of 2019) and \`test/unit/known-bugs-controller.spec.ts\` (C, the
controller).`;
