# A `skopeo` for the one thing it was patched for, copying an image.json somewhere, done by n2c.
{ pkgs, n2c }:

let
  program = pkgs.writeShellScriptBin "skopeo" (
    builtins.replaceStrings [ "n2c=\${N2C:-n2c}" ] [ "n2c=${n2c}/bin/n2c" ] (builtins.readFile ./skopeo.bash)
  );
in
program // rec {
  pname = "skopeo-nix2container";
  version = n2c.version or "";
  meta = (n2c.meta or { }) // (program.meta or { }) // {
    description = "skopeo's command line for images made by Nix, done by n2c";
    mainProgram = "skopeo";
  };
  override = change: import ./skopeo.nix ({ inherit pkgs n2c; } // (if builtins.isFunction change then change { inherit pkgs n2c; } else change));
  # Where people look for skopeo's; n2c itself reads none.
  policy = pkgs.writeText "default-policy.json" (builtins.toJSON { default = [{ type = "insecureAcceptAnything"; }]; });
  passthru = (program.passthru or { }) // { inherit policy; };
}
