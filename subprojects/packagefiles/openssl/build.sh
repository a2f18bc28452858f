#!/bin/sh
# build.sh SOURCE OUTPUT TARGET AR COMPILER: libssl.a, libcrypto.a and include/ of what HTTPS needs.
# What takes time in it is assembly, so that its C is made small.
set -eu
for program in make perl; do
  command -v $program >/dev/null || { echo "OpenSSL is built by $program, which is not installed" >&2; exit 1; }
done
source=$1 target=$3 ar=$4 compiler=$5
mkdir -p "$2/work"
output=$(cd "$2" && pwd)
cd "$output/work"
[ -e Makefile ] || CC="$compiler" AR="$ar" "$source/Configure" "$target" --openssldir=/etc/ssl --libdir=lib \
  no-shared no-tests no-module no-engine no-legacy no-async no-comp no-dtls no-srp no-cms no-cmp no-ts no-ct no-ssl3 \
  no-idea no-rc2 no-rc4 no-seed no-mdc2 no-bf no-cast no-camellia no-aria no-sm2 no-sm3 no-sm4 no-gost no-whirlpool \
  no-rmd160 no-siphash no-sctp no-ui-console no-ec2m no-rfc3779 no-srtp no-md4 \
  -Os -ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables >configure.log 2>&1 ||
  { tail -n 30 configure.log >&2; exit 1; }
make -j"$(nproc)" build_generated libssl.a libcrypto.a >make.log 2>&1 || { tail -n 30 make.log >&2; exit 1; }
rm -rf "$output/include"
mkdir "$output/include"
cp -r "$source/include/openssl" "$output/include/"
cp include/openssl/*.h "$output/include/openssl/"
cp libssl.a libcrypto.a "$output/"
