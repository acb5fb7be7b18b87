# The connector as Airbyte runs it: one static binary on busybox. Airbyte needs a shell, `sleep`, `mv` and `kill` beside
# it, so the image is not made from scratch. Both base images are arguments: `.ci/image` builds without a registry.
# The builder's glibc must be 2.34 or later: from then on it finds hosts without libraries that it loads when it runs.
ARG BUILDER_IMAGE=rust:1.95-slim-bookworm
ARG BASE_IMAGE=busybox:1.37-musl

FROM ${BUILDER_IMAGE} AS builder
WORKDIR /build
# With the target named, the flags are not those of build scripts and macros, which can't be static.
ENV CARGO_BUILD_TARGET=host-tuple RUSTFLAGS="-C target-feature=+crt-static"

# The dependencies first, around sources without a line of ours: this layer stays until a manifest changes.
COPY Cargo.toml Cargo.lock ./
COPY integration_tests/emulator/Cargo.toml integration_tests/emulator/
RUN mkdir src integration_tests/emulator/src \
    && printf '//! Nothing yet.\n\nfn main() {}\n' > src/main.rs \
    && cp src/main.rs integration_tests/emulator/src/ \
    && head -n 1 src/main.rs > src/lib.rs \
    && cargo build --locked --release --package source-aws-cloudtrail

COPY schemas schemas
COPY src src
# Files keep their age when they are copied, and cargo takes older ones for built.
RUN touch src/main.rs src/lib.rs \
    && cargo build --locked --release --package source-aws-cloudtrail \
    && cp target/*/release/source-aws-cloudtrail /usr/local/bin/

FROM ${BASE_IMAGE}
COPY --from=builder /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=builder /usr/local/bin/source-aws-cloudtrail /usr/local/bin/
USER 1000:1000
ENV AIRBYTE_ENTRYPOINT=/usr/local/bin/source-aws-cloudtrail
ENTRYPOINT ["/usr/local/bin/source-aws-cloudtrail"]
LABEL io.airbyte.name=airbyte/source-aws-cloudtrail io.airbyte.version=0.3.0
