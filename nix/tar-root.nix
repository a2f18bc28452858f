# The entries of a tar as files that are moved to the root, with the owners and modes that the tar has: what a command
# under fakeroot did to them. Devices are refused: no store path can be one.
{ pkgs }:
tar:

let
  tarProgram = "${pkgs.gnutar}/bin/tar";
  root = pkgs.runCommand "from-tar" { } ''
    mkdir -p $out
    ${tarProgram} --no-same-owner --no-same-permissions --delay-directory-restore -C $out -xf ${tar}
    chmod -R u+rwX $out
  '';
in
{
  inherit root;

  # A perm for each owner and mode, a hundred names at a time: an expression of all of them would be too large.
  perms = pkgs.runCommand "from-tar-perms.json" { nativeBuildInputs = [ pkgs.jq ]; } ''
    ${tarProgram} --numeric-owner --quoting-style=escape -tvf ${tar} | jq -Rn --arg root ${root} '
      def quoted: gsub("(?<c>[.+*?()|\\[\\]{}^$])"; "\\\(.c)");
      def digit(at): (if .[at] == "r" then 4 else 0 end) + (if .[at + 1] == "w" then 2 else 0 end)
        + (if .[at + 2] | IN("x", "s", "t") then 1 else 0 end);
      def octal: explode | map([.] | implode)
        | "\((if .[2] | IN("s", "S") then 4 else 0 end) + (if .[5] | IN("s", "S") then 2 else 0 end)
          + (if .[8] | IN("t", "T") then 1 else 0 end))\(digit(0))\(digit(3))\(digit(6))";
      def entry: capture("^(?<type>.)(?<mode>[-rwxsStT]{9})[^ ]* +(?<uid>[0-9]+)/(?<gid>[0-9]+) +[^ ]+ [^ ]+ [^ ]+ (?<name>.*)$")
        | if .type | IN("-", "d", "l", "h") | not then error("the tar has \(.name), which is a device or a FIFO: leave it out") else . end
        | if .type == "l" then .name |= sub(" -> .*$"; "") elif .type == "h" then .name |= sub(" link to .*$"; "") else . end
        | .name |= (sub("^[.]?/+"; "") | sub("/+$"; ""))
        | if .name | contains("\\") then error("the tar has a name that is not plain text: \(.name)") else . end;
      reduce (inputs | entry | select(.name != "" and .name != ".")) as $entry ({}; .[$entry.name] = $entry)
      | [{path: $root, regex: ".*", mode: "0755", uid: 0, gid: 0}]
        + ([.[]] | group_by([.type == "l", .mode, .uid, .gid]) | map(
            . as $group | range(0; length; 100) as $at | $group[$at:$at + 100]
            | {path: $root, regex: ("^" + ($root | quoted) + "/(" + (map(.name | quoted) | join("|")) + ")$"),
               uid: (.[0].uid | tonumber), gid: (.[0].gid | tonumber)}
              + (if .[0].type == "l" then {mode: "0777"} else {mode: (.[0].mode | octal)} end)))
    ' > $out
  '';
}
