# shellcheck shell=bash disable=SC2154,SC2034
# What browsers load, built by the node and npm of the virtual environment. Expects: state, checkout, log.

prepare_web() {
  local source=$checkout/services/console/web build=$state/web-build key
  key=$(cd "$source" && find . -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum)
  [[ $(cat "$state/web/.setup" 2>/dev/null) != "$key" ]] || return 0
  mkdir -p "$build"
  find "$build" -mindepth 1 -maxdepth 1 ! -name node_modules ! -name .installed -exec rm -rf {} +
  cp -a "$source/." "$build"
  rm -rf "$state/web.new"
  (
    cd "$build"
    PATH=$state/venv/bin:$PATH
    if ! cmp -s package-lock.json .installed; then
      doing 'fetching the packages for browsers'
      logged npm ci --cache "$state/cache/npm" || exit
      cp package-lock.json .installed
    fi
    logged npm run --silent check && logged npm run --silent build -- "$state/web.new"
  ) || die "could not build what browsers load ($(cause)): check the network, then run it again; the log is $log"
  doing 'building'
  echo "$key" >"$state/web.new/.setup"
  rm -rf "$state/web"
  mv "$state/web.new" "$state/web"
}
