# The program in an image without a shell, for a user who is not root.
#
#   docker run --rm -v orgcensus:/census -e AWS_REGION -e AWS_ACCESS_KEY_ID -e AWS_SECRET_ACCESS_KEY -e AWS_SESSION_TOKEN orgcensus collect
#
# A named volume gets the owner of /census. A folder of the host has to be writable by the user 65532.
FROM rust:1.95-slim-bookworm AS build
RUN apt-get update \
    && apt-get install --yes --no-install-recommends gcc=4:12.* libc6-dev=2.36-* \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY . .
RUN cargo build --locked --release \
    && mkdir /census

FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build /source/target/release/orgcensus /usr/local/bin/orgcensus
COPY --from=build --chown=65532:65532 /census /census
WORKDIR /census
VOLUME /census
ENV ORGCENSUS_DB=/census/orgcensus.db
USER 65532:65532
ENTRYPOINT ["/usr/local/bin/orgcensus"]
