# Two images, both from scratch: static programs and nothing else, not even a shell.
#
#   docker build --target sidecar -t virt-patch-sidecar .    what a VM's pod runs
#   docker build --target full    -t virt-patch .            with the author's command line
#
# scripts/check-image runs the same steps outside of a container.

FROM docker.io/library/rust:1-slim AS source
WORKDIR /src
COPY . .

FROM source AS build-sidecar
# A file of policies in this folder that no argument leaves out: docs/policy.md.
ARG VIRT_PATCH_BUILTIN_POLICY
RUN scripts/build-static sidecar /image/usr/bin && mkdir -p /image/etc/virt-patch/rules

FROM source AS build-full
ARG VIRT_PATCH_BUILTIN_POLICY
RUN scripts/build-static full /image/usr/bin && mkdir -p /image/etc/virt-patch/rules

# KubeVirt's pods run as 107 and set that themselves; elsewhere it is nobody in particular.
FROM scratch AS sidecar
COPY --from=build-sidecar /image/ /
USER 65532:65532
ENTRYPOINT ["/usr/bin/virt-patch-sidecar"]

FROM scratch AS full
COPY --from=build-full /image/ /
USER 65532:65532
ENTRYPOINT ["/usr/bin/virt-patch"]
