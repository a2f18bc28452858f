# The text of a file's capabilities, as setcap takes it: "cap_net_bind_service=ep", "cap_net_raw,cap_net_admin+p". The program
# checks all of it; this is what can be reported at evaluation.
{ lib, arguments }:
argument: value:

let
  inherit (arguments) describe firstOf;
  names = [ "all" ] ++ map (name: "cap_${name}") [
    "audit_control" "audit_read" "audit_write" "block_suspend" "bpf" "checkpoint_restore" "chown" "dac_override" "dac_read_search"
    "fowner" "fsetid" "ipc_lock" "ipc_owner" "kill" "lease" "linux_immutable" "mac_admin" "mac_override" "mknod" "net_admin"
    "net_bind_service" "net_broadcast" "net_raw" "perfmon" "setfcap" "setgid" "setpcap" "setuid" "sys_admin" "sys_boot"
    "sys_chroot" "sys_module" "sys_nice" "sys_pacct" "sys_ptrace" "sys_rawio" "sys_resource" "sys_time" "sys_tty_config"
    "syslog" "wake_alarm"
  ];
  wrongName = name:
    if builtins.elem (lib.toLower name) names then null
    else "'${argument}' is ${describe value}, and '${name}' is not a capability"
      + (if builtins.elem "cap_${name}" names then "; did you mean 'cap_${name}'?"
      else let near = arguments.nearest names name; in if near == null then "" else "; did you mean '${near}'?");
  wrongClause = clause:
    let parts = builtins.match "([^=+-]*)([=+-][eip]*)+" clause;
    in if parts == null then
      "'${argument}' is ${describe value}; write it as setcap takes it: \"cap_net_bind_service=ep\""
    else if builtins.head parts == "" then null
    else firstOf wrongName (builtins.filter builtins.isString (builtins.split "," (builtins.head parts)));
in
if !builtins.isString value then arguments.mustBe "string" argument value
else firstOf wrongClause (builtins.filter (clause: builtins.isString clause && clause != "") (builtins.split "[[:space:]]+" value))
