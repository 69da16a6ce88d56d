# docker build --tag hotro .
FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
RUN cargo build --release --locked --package hotro

FROM debian:bookworm-slim
RUN useradd --system --uid 10001 --home-dir /var/lib/hotro --create-home hotro
COPY --from=build /src/target/release/hotro /usr/local/bin/hotro
USER hotro
WORKDIR /var/lib/hotro
ENV HOTRO_DATA_DIR=/var/lib/hotro HOTRO_LISTEN=0.0.0.0:8080
EXPOSE 8080
VOLUME /var/lib/hotro
# It ends by itself within ten seconds.
STOPSIGNAL SIGTERM
ENTRYPOINT ["hotro"]
CMD ["serve"]
