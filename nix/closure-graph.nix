# The closure of some store paths as n2c's layers commands read it: an array of { path, references, narHash, narSize, … },
# sorted by path with sorted references. The order numbers the paths, and so decides between equally popular ones
# (docs/format.md F1.1, F2.4).
#
# paths: what to take the closure of. without: store paths that are to stay out of it (not what they refer to).
{ pkgs }:
{ paths, without ? [ ] }:

pkgs.runCommand "closure-graph.json"
{
  __structuredAttrs = true;
  exportReferencesGraph.graph = paths;
  inherit without;
  nativeBuildInputs = [ pkgs.jq ];
} ''
  attributes=''${NIX_ATTRS_JSON_FILE:-.attrs.json}
  jq '
    (.without | map({(.): true}) | add // {}) as $without
    | def left_out: . as $path | $without | has($path);
    .graph
    | map(select(.path | left_out | not) | .references |= sort)
    | sort_by(.path)
    | . as $graph
    | [ .[] | .path as $path | .references[] | select(left_out) | "\($path) refers to \(.)" ]
    | if . == [] then $graph
      else error("a store path that is to be left out is needed by another: " + join(", ") + ". Leave out both, or neither.") end
  ' "$attributes" > "$out"
''
