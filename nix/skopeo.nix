# A `skopeo` for the one thing it was patched for, copying an image.json somewhere, done by n2c.
{ pkgs, n2c }:

pkgs.writeShellScriptBin "skopeo" (
  builtins.replaceStrings [ "n2c=\${N2C:-n2c}" ] [ "n2c=${n2c}/bin/n2c" ] (builtins.readFile ./skopeo.bash)
)
