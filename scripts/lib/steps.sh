# shellcheck shell=bash disable=SC2154
# How setup speaks, fails, and gets the rights it needs. Expects: state, log.

bold='' green='' red='' plain=''
[[ -t 1 && -z ${NO_COLOR:-} ]] && bold=$'\e[1m' green=$'\e[32m' plain=$'\e[0m'
[[ -t 2 && -z ${NO_COLOR:-} ]] && red=$'\e[31m' plain=$'\e[0m'
line_open=false
log_begun=false

# part NAME FUNCTION: runs one part and says on one line how it went.
part() {
  local start=$SECONDS
  outcome='already there'
  line_open=true
  printf '%s%-16s%s ' "$bold" "$1" "$plain"
  "$2"
  if [[ $outcome == 'done' ]]; then outcome="${green}done${plain}, $((SECONDS - start)) s"; fi
  printf '%s\n' "$outcome"
  line_open=false
}

# doing WHAT: the part has something to do.
doing() {
  outcome='done'
  printf '%s … ' "$*"
}

# die SENTENCE: says what is wrong and what to do, and ends.
die() {
  trap - ERR
  if $line_open; then printf '\n'; fi
  printf '%sscripts/setup: %s%s\n' "$red" "$*" "$plain" >&2
  exit 1
}

# logged COMMAND…: its output goes to the log, which the run's first such command begins anew. It does not inherit the
# lock: a server that a package starts would hold it for ever.
logged() {
  $log_begun || : >"$log"
  log_begun=true
  printf '+ %s\n' "$*" >>"$log"
  "$@" >>"$log" 2>&1 </dev/null 9>&-
}

# The first error of the last command in the log, to quote in a sentence.
cause() {
  awk '/^\+ / { first = "" } /^ *(E|ERROR): / && !first { first = $0 }
    END { sub(/^ *(E|ERROR): /, "", first); sub(/[.;:, ]+$/, "", first); print first ? first : "see its log" }' "$log"
}

is_root() { [[ $(id -u) -eq 0 ]]; }

as_root() { if is_root; then "$@"; else sudo "$@"; fi; }

# need_root WHAT: ends when WHAT cannot be done as root.
need_root() {
  is_root && return
  command -v sudo >/dev/null && { sudo -n true 2>/dev/null || { [[ -t 0 ]] && sudo -v; }; } && return
  die "$1 needs root: run it as root or as a user with sudo"
}

# The folder for everything that is made here, and one setup at a time in it.
open_state() {
  if ! mkdir -p "$state"/{bin,log,cache} 2>/dev/null || [[ ! -w $state || ! -w $state/bin || ! -w $state/log ]]; then
    die "$state cannot be written by $(id -un): remove it, change its owner, or name another folder with HOTLINE_STATE"
  fi
  exec 9>"$state/setup.lock"
  flock -n 9 || { echo "waiting for another setup in $state"; flock 9; }
  trap 'die "failed at \"$BASH_COMMAND\" (${BASH_SOURCE[0]##*/}:$LINENO): the log is $log"' ERR
  set -E
}

# write_file FILE MODE: takes the new content from standard input; whole or not at all.
write_file() {
  cat >"$1.new"
  chmod "$2" "$1.new"
  mv -f "$1.new" "$1"
}
