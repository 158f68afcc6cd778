# The program in an image: docker build -t platbook .
FROM node:22-bookworm-slim AS web
WORKDIR /web
COPY web/package.json web/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY web .
RUN npm run build

FROM rust:1.95-bookworm AS program
WORKDIR /build
COPY . .
COPY --from=web /web/dist web/dist
RUN cargo build --release --locked

FROM debian:bookworm-slim
RUN useradd --system --create-home --home-dir /var/lib/platbook platbook
COPY --from=program /build/target/release/platbook /usr/local/bin/platbook
USER platbook
WORKDIR /var/lib/platbook
EXPOSE 7171
ENTRYPOINT ["platbook"]
CMD ["serve"]
