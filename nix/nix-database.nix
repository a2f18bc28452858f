# What a Nix inside the image needs to believe in the store paths it finds there: the database, a garbage collector
# root for each path, and the folder of the links. One output, made to be copied to the image's root.
#
# The same closure gives the same bytes: times of registration are set to zero, and the database is written afresh
# from its own dump, so that how it grew leaves no trace.
{ pkgs }:
closureGraph:

pkgs.runCommand "nix-database" { nativeBuildInputs = [ pkgs.jq pkgs.nix pkgs.sqlite ]; } ''
  state=nix/var/nix

  jq -r '.[] | .path, .narHash, .narSize, "", (.references | length), .references[]' ${closureGraph} > registration
  NIX_REMOTE="local?root=$PWD" nix-store --load-db < registration

  mkdir -p "$out/$state/db" "$out/$state/gcroots/docker" "$out/nix/store/.links"
  sqlite3 $state/db/db.sqlite 'UPDATE ValidPaths SET registrationTime = 0;' '.dump' > dump
  sqlite3 "$out/$state/db/db.sqlite" < dump
  # Without its schema's number Nix takes a database for one that was never set up, and in the wrong journal mode the
  # first two processes that open it would fight for the lock.
  cp $state/db/schema "$out/$state/db/schema"
  sqlite3 "$out/$state/db/db.sqlite" 'PRAGMA journal_mode = wal;' > /dev/null
  rm -f "$out/$state"/db/db.sqlite-*

  jq -r '.[].path' ${closureGraph} | while read -r path; do
    ln -s "$path" "$out/$state/gcroots/docker/"
  done
''
