import { debianRoot } from "../packages/debian-root.ts";
import { busyboxEntries } from "./busybox-image.ts";
import { folder, textFile } from "./image-entry.ts";
import type { ImageRecipe } from "./image-recipe.ts";
import { MERGED_USR, pick } from "./pick.ts";
import { STANDARD_FILES } from "./standard-files.ts";

const PACKAGES = ["busybox-static", "nginx-light"];

/** Like the public image: the welcome page on port 80 of both families, logs to the container's own. */
const CONFIGURATION = `user nobody nogroup;
worker_processes 1;
pid /run/nginx.pid;
error_log /dev/stderr notice;
events { worker_connections 512; }
http {
  include /etc/nginx/mime.types;
  access_log /dev/stdout;
  client_body_temp_path /tmp/nginx-body;
  proxy_temp_path /tmp/nginx-proxy;
  fastcgi_temp_path /tmp/nginx-fastcgi;
  uwsgi_temp_path /tmp/nginx-uwsgi;
  scgi_temp_path /tmp/nginx-scgi;
  include /etc/nginx/conf.d/*.conf;
}
`;

const WELCOME = `server {
  listen 80;
  listen [::]:80;
  server_name localhost;
  root /usr/share/nginx/html;
}
`;

/**
 * Debian's nginx under the name that manifests use. It has busybox's `sh` and `wget`, as people look into an nginx pod
 * with `kubectl exec`; it starts as root, as the public image does, and its worker is nobody.
 */
export const nginxImage: ImageRecipe = {
  references: ["library/nginx:latest"],
  layers: [
    {
      name: "nginx",
      inputs: PACKAGES,
      async entries(_scratch, progress) {
        const root = await debianRoot("nginx", PACKAGES, progress);
        return [
          ...STANDARD_FILES,
          ...MERGED_USR,
          ...(await busyboxEntries(root)),
          ...(await pick(root, ["/usr/sbin/nginx", "/etc/nginx/mime.types", "/usr/share/nginx/html"])),
          folder("/var/lib/nginx"),
          folder("/var/log/nginx"),
          textFile("/etc/nginx/nginx.conf", CONFIGURATION),
          textFile("/etc/nginx/conf.d/default.conf", WELCOME),
        ];
      },
    },
  ],
  config: {
    User: "0",
    Cmd: ["nginx", "-g", "daemon off;"],
    Env: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"],
    StopSignal: "SIGQUIT",
  },
};
