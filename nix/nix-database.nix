# What a Nix inside the image needs to believe in the store paths it finds there: the database, a garbage collector
# root for each path, and the folder of the links. One output, made to be copied to the image's root.
#
# It is nix2container's, to the byte: all paths of the closure are registered, those that go to the root too. The same
# closure gives the same bytes: times of registration are zero, and the database is written afresh from its own dump,
# so that how it grew leaves no trace.
{ pkgs }:
closureGraph:

pkgs.runCommand "nix-database" { nativeBuildInputs = [ pkgs.jq pkgs.nix pkgs.sqlite ]; } ''
  state=nix/var/nix

  jq -r '.[] | .path, .narHash, .narSize, "", (.references | length), .references[]' ${closureGraph} > registration
  NIX_REMOTE="local?root=$PWD" nix-store --load-db < registration

  mkdir -p "$out/$state/db" "$out/$state/gcroots/docker" "$out/nix/store/.links"
  sqlite3 $state/db/db.sqlite 'UPDATE ValidPaths SET registrationTime = 0;' '.dump' > dump
  sqlite3 "$out/$state/db/db.sqlite" < dump

  jq -r '.[].path' ${closureGraph} | while read -r path; do
    ln -s "$path" "$out/$state/gcroots/docker/"
  done
''
