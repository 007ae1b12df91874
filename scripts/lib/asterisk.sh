# shellcheck shell=bash disable=SC2154,SC2034
# Asterisk: the system's where it is new enough, else unpacked into the state folder. Nothing is installed and no right
# is needed for the latter: apt fetches the package with all that it depends on, dpkg-deb unpacks, and Asterisk is run
# through the unpacked loader, so that it does not meet the machine's own libraries. Expects: state, log.

oldest=20
release=forky # of Debian: has Asterisk 22, which Debian 12 and 13 do not have
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

prepare_asterisk() {
  local system unpacked=$state/asterisk key
  system=$(command -v asterisk || true)
  if [[ -n $system && $("$system" -V) =~ ^Asterisk\ ([0-9]+) ]] && ((BASH_REMATCH[1] >= oldest)); then
    outcome="$("$system" -V), the system's"
    write_launcher '' "exec '$system'"
    return
  fi
  key=$(sha256sum scripts/lib/asterisk.sh)
  if [[ $(cat "$unpacked/.setup" 2>/dev/null) != "$key" ]]; then
    doing 'unpacking'
    unpack_asterisk "$state/asterisk.new" "$key"
    rm -rf "$unpacked"
    mv "$state/asterisk.new/root" "$unpacked"
    rm -rf "$state/asterisk.new"
  fi
  set -- "$unpacked"/usr/lib/*-linux-gnu/ld-linux-*.so.*
  write_launcher "$unpacked" "exec '$1' --library-path '${1%/*}' '$unpacked/usr/sbin/asterisk'"
}

# write_launcher ROOT COMMAND: bin/asterisk, and what a configuration must know of the place.
write_launcher() {
  local modules data
  modules=$(first_folder "$1"/usr/lib/*-linux-gnu/asterisk/modules "$1"/usr/{lib,lib64,local/lib}/asterisk/modules) ||
    die "found no folder of Asterisk's modules below $1/usr/lib: reinstall it, or take it off the PATH"
  data=$(first_folder "$1"/usr/share/asterisk/documentation "$1"/var/lib/asterisk/documentation) ||
    die "found no folder of Asterisk's documentation, which it needs, below $1/usr/share: reinstall it, or take it off the PATH"
  printf '#!/bin/sh\n%s "$@"\n' "$2" | write_file "$state/bin/asterisk" 755
  printf 'HOTLINE_ASTERISK_MODULES=%s\nHOTLINE_ASTERISK_DATA=%s\n' "$modules" "${data%/documentation}" |
    write_file "$state/asterisk.env" 644
}

first_folder() {
  local folder
  for folder; do
    [[ -d $folder ]] && echo "$folder" && return
  done
  return 1
}

# unpack_asterisk FOLDER KEY: makes FOLDER/root.
unpack_asterisk() {
  local new=$1 deb
  rm -rf "$new"
  mkdir -p "$new"/apt/{lists,archives}/partial "$new"/root/usr/{bin,sbin,lib,lib64}
  (cd "$new/root" && ln -s usr/bin usr/sbin usr/lib usr/lib64 .)
  download_asterisk "$new/apt"
  for deb in "$new"/apt/archives/*.deb; do
    dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$new/root" --keep-directory-symlink --no-same-owner \
      --exclude='./usr/share/doc' --exclude='./usr/share/man' --exclude='./usr/share/locale'
  done
  chmod -R u+w,a+rX,ug-s "$new/root"
  echo "$2" >"$new/root/.setup"
}

# download_asterisk FOLDER: from the machine's own package sources where they have one, else from Debian's $release.
download_asterisk() {
  local apart mirror
  set_apart "$1"
  logged apt-get "${apart[@]}" -q update || true # one broken source of several is no reason to stop
  if (($(candidate) < oldest)); then
    compgen -G "$1/lists/*_*" >/dev/null ||
      die 'no package source answers, so Asterisk cannot be fetched: check the network, then run it again'
    mirror=${HOTLINE_DEBIAN_MIRROR:-$(debian_mirror)}
    [[ -n $mirror ]] ||
      die "neither this system nor its package sources have Asterisk $oldest or newer: install one, or name a Debian mirror in HOTLINE_DEBIAN_MIRROR"
    echo "deb [signed-by=$keyring] $mirror $release main" >"$1/sources.list"
    apart+=(-o "Dir::Etc::SourceList=$1/sources.list" -o Dir::Etc::SourceParts=/dev/null)
    logged apt-get "${apart[@]}" -q update || true
  fi
  logged apt-get "${apart[@]}" -q -y --download-only install asterisk ||
    die "could not fetch Asterisk ($(cause)): check the network and that the package sources have it, then run it again"
}

# set_apart FOLDER: options under which apt knows nothing of this machine's packages and changes nothing on it.
set_apart() {
  : >"$1/status"
  apart=(
    -o "Dir::State=$1" -o "Dir::State::Lists=$1/lists" -o "Dir::State::status=$1/status" -o "Dir::Cache=$1"
    -o Dir::Etc::Preferences=/dev/null -o Dir::Etc::PreferencesParts=/dev/null
    -o APT::Sandbox::User= -o APT::Install-Recommends=false -o Acquire::Languages=none -o Debug::NoLocking=1
    -o Acquire::Check-Valid-Until=false # a slow mirror's copy of a moving release may be past its date
  )
}

# The main version of the Asterisk that can be fetched; 0: none.
candidate() {
  local version
  version=$(apt-cache "${apart[@]}" policy asterisk 2>/dev/null | sed -nE 's/^ +Candidate: ([0-9]+:)?([0-9]+)\..*/\2/p')
  echo "${version:-0}"
}

# The mirror that this machine's own Debian comes from.
debian_mirror() {
  # shellcheck disable=SC2016  # apt replaces it
  apt-get "${apart[@]}" indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Label: Debian' |
    sed -n '/^cdrom:/!{p;q}'
}
