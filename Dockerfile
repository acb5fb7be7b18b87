# The connector's image: one static binary on busybox. Airbyte requires a shell, `sleep`, `mv` and `kill` in the image,
# so it is not built from scratch. `.ci/image` builds it without a registry, from base images of the same names.

# The glibc must be 2.34 or later. From that version on, name resolution works in a static binary without libraries
# that are loaded at run time.
FROM rust:1.95-slim-bookworm AS builder
WORKDIR /build
# With an explicit target, the flags don't apply to build scripts and macros, which can't be static.
ENV CARGO_BUILD_TARGET=host-tuple RUSTFLAGS="-C target-feature=+crt-static"

# The dependencies first, with empty sources: this layer is reused until a manifest changes.
COPY Cargo.toml Cargo.lock ./
COPY integration_tests/emulator/Cargo.toml integration_tests/emulator/
RUN mkdir src integration_tests/emulator/src \
    && printf '//! Empty.\n\nfn main() {}\n' > src/main.rs \
    && cp src/main.rs integration_tests/emulator/src/ \
    && head -n 1 src/main.rs > src/lib.rs \
    && cargo build --locked --release --package source-aws-cloudtrail

COPY schemas schemas
COPY src src
# Copied files keep their modification times, and cargo doesn't rebuild files that are older than its output.
RUN touch src/main.rs src/lib.rs \
    && cargo build --locked --release --package source-aws-cloudtrail \
    && cp target/*/release/source-aws-cloudtrail /usr/local/bin/

FROM busybox:1.37-musl
COPY --from=builder /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=builder /usr/local/bin/source-aws-cloudtrail /usr/local/bin/
USER 1000:1000
ENV AIRBYTE_ENTRYPOINT=/usr/local/bin/source-aws-cloudtrail
ENTRYPOINT ["/usr/local/bin/source-aws-cloudtrail"]
LABEL io.airbyte.name=airbyte/source-aws-cloudtrail io.airbyte.version=2.3.0
