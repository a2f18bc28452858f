# The linker without the machine's own libraries, which gcc names beside its own. A program is told where each of its inputs'
# libraries lies in the store, and only of those; in words that Meson does not know for its own and take out again when it installs
# (nixpkgs' Meson is patched for that).
arguments=()
rpath=()
read -ra inputs <<<"${NIX_LDFLAGS:-}"
for argument; do
  case $argument in
    -L/usr/lib/gcc/*/..*) continue ;;
    /nix/store/*.so | /nix/store/*.so.*) rpath+=(-rpath "${argument%/*}/.") ;;
    -l*) for input in "${inputs[@]}"; do
      [ ! -e "${input#-L}/lib${argument#-l}.so" ] || rpath+=(-rpath "${input#-L}/.")
    done ;;
  esac
  arguments+=("$argument")
done
exec /usr/bin/ld "${arguments[@]}" "${inputs[@]}" "${rpath[@]}" -rpath-link "/usr/lib/$(/usr/bin/gcc -print-multiarch)"
