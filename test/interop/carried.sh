#!/usr/bin/env bash
# n2c carries no library that it has no use for: what Debian's libcurl and libarchive can do besides HTTPS and tar is
# neither loaded with it nor within it.
#
# usage: carried.sh N2C
. "$(dirname "$0")/common.inc"
need readelf ldd nm
unwanted='gssapi|krb5|ldap|lber|rtmp|ssh|sasl|gnutls|nettle|libxml2|xmlParse'

readelf -lW "$N2C" | grep INTERP >/dev/null || static=yes
loaded=$([ -n "${static:-}" ] || ldd "$N2C" | awk '{ print $1 }')
if grep -qE 'libcurl' <<<"$loaded"; then
  skip "this n2c loads the system's libcurl, which brings what it likes (see docs/platforms.md)"
fi
check "it loads none of them" equal "$(grep -E "$unwanted" <<<"$loaded" || true)" ""
# Each leaves words of its own in a program that it is within, stripped or not.
strings() { grep -aoE '[[:print:]]{6,}' "$N2C"; }
within='gss_init_sec_context|krb5_init_context|ldap_start_tls|ber_alloc|rtmpe?://|RTMP_Connect|libssh2?_|SSH-2\.0-libssh|sasl_client_start|gnutls_|nettle_|xmlParse'
check "and has none of them within it" equal "$(strings | grep -E "$within" | sort -u | head -n 5)" ""
