# Two images from one build:
#   docker build --target agent -t REGISTRY/loadline/loadline-agent:TAG .
#   docker build --target collector -t REGISTRY/loadline/loadline-collector:TAG .
# Each holds its program, the libraries it loads and a list of them (/usr/share/loadline/sbom.spdx.json): no shell.

FROM docker.io/library/debian:12-slim AS build
ENV DEBIAN_FRONTEND=noninteractive
WORKDIR /src
# First what changes seldom.
COPY .ci/install .ci/install
RUN .ci/install build
COPY . .
RUN cmake --preset release \
 && cmake --build build/release --target loadline-agent loadline-agent-post loadline-collector loadlinectl
RUN .ci/image-root /out/agent build/release/bin/loadline-agent build/release/bin/loadline-agent-post \
 && .ci/image-root /out/collector build/release/bin/loadline-collector build/release/bin/loadlinectl

FROM scratch AS agent
COPY --from=build /out/agent/ /
ENTRYPOINT ["/usr/bin/loadline-agent"]

FROM scratch AS collector
COPY --from=build /out/collector/ /
USER 65532:65532
ENTRYPOINT ["/usr/bin/loadline-collector"]
