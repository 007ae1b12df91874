# shellcheck shell=bash disable=SC2154,SC2034
# What comes from the system's packages, and what the system must allow. Expects: state, checkout, log.

# command:package
needs=(redis-server:redis-server sipp:sip-tester espeak-ng:espeak-ng sox:sox ffmpeg:ffmpeg dot:graphviz pg_createcluster:postgresql chromium:chromium)

missing_packages() {
  local need
  for need in "${needs[@]}"; do
    command -v "${need%%:*}" >/dev/null || echo "${need#*:}"
  done
  find_python >/dev/null || echo python3-venv
  fc-list :lang=zh 2>/dev/null | grep -q . || echo fonts-wqy-microhei # pages are in Chinese
  is_root || command -v setcap >/dev/null || echo libcap2-bin
}

install_packages() {
  local missing
  mapfile -t missing < <(missing_packages)
  [[ ${#missing[@]} -gt 0 ]] || return 0
  command -v apt-get >/dev/null ||
    die "this machine has no apt-get: install what Debian calls ${missing[*]} by hand, then run it again"
  need_root "installing ${missing[*]}"
  doing "installing ${missing[*]}"
  logged as_root apt-get -q update || true # one broken source of several is no reason to stop
  logged as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install "${missing[@]}" ||
    die "could not install ${missing[*]} ($(cause)): check the network and the package sources, then run it again"
}

# SIPp sends recorded RTP through a raw socket. Root may do that; for anybody else a copy gets just that right.
prepare_sipp() {
  local original sipp=$state/bin/sipp
  original=$(command -v sipp)
  if is_root; then
    ln -sfn "$original" "$sipp"
  elif [[ -L $sipp || ! $sipp -nt $original || $(getcap "$sipp") != *cap_net_raw* ]]; then
    need_root 'letting SIPp send recorded sound (setcap cap_net_raw)'
    doing 'allowing a copy to open raw sockets'
    rm -f "$sipp"
    cp "$original" "$sipp"
    logged as_root setcap cap_net_raw=ep "$sipp"
  fi
}

# Asterisk asks for the address of the machine's own name on every call; one that does not resolve stalls each for
# seconds. In a container or in CI the missing line is added; somebody's own machine is not touched.
check_host_name() {
  local name
  name=$(uname -n)
  if timeout 3 getent hosts "$name" >/dev/null; then
    outcome="$name resolves"
  elif is_root && [[ -n ${CI:-} || -e /.dockerenv || -e /run/.containerenv ]]; then
    doing "adding $name to /etc/hosts"
    echo "127.0.1.1 $name" >>/etc/hosts
  else
    outcome="$name does not resolve, so every call will stall: echo '127.0.1.1 $name' | sudo tee -a /etc/hosts"
  fi
}

# The hook runs `make lint` before a commit. A choice of hooks already made, and a copy that is no checkout, stay.
set_git_hook() {
  if [[ $(git rev-parse --show-toplevel 2>/dev/null) != "$checkout" ]]; then
    outcome='not a git checkout'
  elif ! git config core.hooksPath >/dev/null; then
    doing 'make lint before each commit'
    git config core.hooksPath .githooks
  fi
}
