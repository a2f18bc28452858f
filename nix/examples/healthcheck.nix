# What Docker and podman know of an image beside OCI's configuration: how to see that a container is well, how long it may
# take to stop, and the shell of its health checks. Times of Healthcheck are nanoseconds.
{ pkgs, nix2container, ... }:

nix2container.buildImage {
  name = "healthcheck";
  config = {
    Cmd = [ "${pkgs.busybox}/bin/busybox" "sleep" "600" ];
    Healthcheck = {
      Test = [ "CMD" "${pkgs.busybox}/bin/busybox" "true" ];
      Interval = 30000000000;
      Timeout = 5000000000;
      Retries = 2;
    };
    Shell = [ "${pkgs.busybox}/bin/busybox" "sh" "-c" ];
    StopTimeout = 3;
  };
}
