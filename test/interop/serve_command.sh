#!/usr/bin/env bash
# n2c serve as people start it: where it listens, TLS, logins, logs, and how it ends.
. "$(dirname "$0")/common.inc"
need curl openssl htpasswd python3

status() { curl -s -o /dev/null -w '%{http_code}' "$@"; }
exit_of() { local code=0; "$@" >/dev/null 2>"$work/said.log" || code=$?; echo "$code"; }

check "an address beyond loopback without TLS is refused as a usage error" \
  equal "$(exit_of "$N2C" serve --listen 0.0.0.0:0)" 2
check "with a hint at what to do" grep -q insecure-listen "$work/said.log"
check "a port in use is a local error" sh -c '
  "$1" serve --listen 127.0.0.1:0 --port-file "$2/first" >/dev/null 2>&1 & pid=$!
  until [ -s "$2/first" ]; do sleep 0.05; done
  "$1" serve --listen "127.0.0.1:$(cat "$2/first")" >/dev/null 2>&1; code=$?
  kill $pid; wait $pid; [ $code = 8 ]' sh "$N2C" "$work"

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$work/key.pem" -out "$work/cert.pem" \
  -days 2 -subj /CN=localhost -addext "subjectAltName=IP:127.0.0.1" 2>/dev/null
htpasswd -nbBC 4 ada secret > "$work/htpasswd"
start_n2c_registry --json --tls-cert "$work/cert.pem" --tls-key "$work/key.pem" --htpasswd "$work/htpasswd"
secure=(--cacert "$work/cert.pem")
check "TLS with a certificate of ours" equal "$(status "${secure[@]}" "https://$registry/v2/")" 401
check "a login is let in" equal "$(status "${secure[@]}" -u ada:secret "https://$registry/v2/")" 200
check "a wrong one is not" equal "$(status "${secure[@]}" -u ada:other "https://$registry/v2/")" 401
check "plain HTTP on a TLS port is told so" equal "$(status "http://$registry/v2/" || true)" 400
check "the log is JSON and holds no password" python3 "$here/serve_log.py" "$work/serve.log" secret 401 200 401 400
head -c 50000000 /dev/urandom > "$work/blob"
digest=$(sha256sum "$work/blob" | cut -d ' ' -f 1)
check "50 MB are pushed over TLS" equal "$(status "${secure[@]}" -u ada:secret --data-binary "@$work/blob" \
  "https://$registry/v2/app/blobs/uploads/?digest=sha256:$digest")" 201

curl -s "${secure[@]}" -u ada:secret --limit-rate 30M -o "$work/pulled" "https://$registry/v2/app/blobs/sha256:$digest" &
pull=$!
wait_for 10 test -s "$work/pulled"
kill -TERM "$last"
check "SIGTERM ends with 0" wait "$last"
check "after the download that was under way" wait "$pull"
check "which is whole" cmp "$work/blob" "$work/pulled"

start_n2c_registry --allow-host Registry.Example
check "a name that no one allowed is refused on loopback" equal "$(status -H 'Host: evil.example' "http://$registry/v2/")" 403
check "a name that was allowed is answered" equal "$(status -H 'Host: registry.example:80' "http://$registry/v2/")" 200
check "localhost too" equal "$(status -H 'Host: localhost:1' "http://$registry/v2/")" 200
check "a blob that a web page posts is refused" equal "$(status -H 'Origin: https://evil.example' -d hello \
  "http://$registry/v2/app/blobs/uploads/?digest=sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824")" 403
check "a cross-site request is refused" equal "$(status -H 'Sec-Fetch-Site: cross-site' "http://$registry/v2/")" 403
check "a name with a port is no name" equal "$(exit_of "$N2C" serve --allow-host a:1)" 2
kill "$last"
wait "$last" || true

check "a collection needs a folder" equal "$(exit_of "$N2C" serve --gc)" 2
start_n2c_registry --root "$work/root"
curl -s -o /dev/null --data-binary "@$work/blob" "http://$registry/v2/app/blobs/uploads/?digest=sha256:$digest"
check "a folder in use is not collected" equal "$(exit_of "$N2C" serve --root "$work/root" --gc)" 8
kill -TERM "$last"
wait "$last"
check "what no manifest names is collected" equal "$("$N2C" serve --root "$work/root" --gc)" "removed 1 blobs, 47.7 MiB"
