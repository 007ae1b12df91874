# shellcheck shell=bash disable=SC2154
# The virtual environment. Expects: state, checkout.

# The first Python that is new enough and can make virtual environments.
find_python() {
  local python
  for python in python3 python3.14 python3.13 python3.12 python3.11; do
    "$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null &&
      command -v "$python" && return
  done
  return 1
}

prepare_python() {
  local venv=$state/venv key python
  key=$(awk '/^\[/ { keep = !/^\[+tool\./ } keep' pyproject.toml | sha256sum) # the tools' settings need no install
  if usable_venv "$venv"; then
    [[ $(cat "$venv/.setup" 2>/dev/null) != "$key" ]] || return 0
  else
    python=$(find_python) ||
      die "Python 3.11 or newer with venv is needed, and $(python3 -V 2>&1 || true) is here: install a newer one as python3.11 … python3.14"
    doing "making a virtual environment with $("$python" -V)"
    rm -rf "$venv"
    logged "$python" -m venv "$venv"
  fi
  doing 'installing the Python packages'
  logged "$venv/bin/python" -m pip install --no-input --disable-pip-version-check -e "${checkout}[dev,web]" ||
    die "could not install the Python packages ($(cause)): check the network, then run it again; the log is $log"
  echo "$key" >"$venv/.setup"
}

# Whole, and made at this place: a virtual environment does not survive being moved.
usable_venv() {
  [[ $(grep '^command = ' "$1/pyvenv.cfg" 2>/dev/null) == *" $1" ]] && "$1/bin/python" -c 'import pip' 2>/dev/null
}
