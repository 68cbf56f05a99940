import { folder, type ImageEntry, textFile } from "./image-entry.ts";

/** The user of images that name none better: numeric, so that the kubelet can see that it is not root. */
export const NON_ROOT = "65532";

/**
 * What programs of the C library expect of any system. Without `hosts: files dns` in nsswitch.conf, names of /etc/hosts
 * (so those of the pod itself) are not found by every resolver.
 */
export const STANDARD_FILES: readonly ImageEntry[] = [
  textFile(
    "/etc/passwd",
    "root:x:0:0:root:/root:/sbin/nologin\nnobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin\n" +
      `nonroot:x:${NON_ROOT}:${NON_ROOT}:nonroot:/home/nonroot:/sbin/nologin\n`,
  ),
  textFile("/etc/group", `root:x:0:\ntty:x:5:\nnobody:x:65534:\nnogroup:x:65533:\nnonroot:x:${NON_ROOT}:\n`),
  textFile("/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\nprotocols: files\nservices: files\n"),
  folder("/home/nonroot"),
  folder("/root", 0o700),
  folder("/run"),
  folder("/tmp", 0o1777),
];
