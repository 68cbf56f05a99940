# Our image, for linux/amd64 and linux/arm64:
#
#   docker buildx build --platform linux/amd64,linux/arm64 --tag registry.example/outrigger:0.2.0 --push .
#
# docs/image.md says what is in it. What goes in is decided by testbed/images, from which the tests build theirs.

FROM node:24-bookworm-slim AS build
WORKDIR /src
COPY testbed/images/runtime-packages.txt testbed/images/
RUN apt-get update \
 && xargs apt-get install --yes --no-install-recommends binutils < testbed/images/runtime-packages.txt \
 && rm -rf /var/lib/apt/lists/*
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY . .
RUN npm run build && node testbed/images/write-root.ts /image

FROM scratch
LABEL org.opencontainers.image.title="outrigger" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /image/runtime/ /
COPY --from=build /image/outrigger/ /
ENV PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
USER 65532:65532
ENTRYPOINT ["outrigger"]
