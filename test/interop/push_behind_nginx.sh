#!/usr/bin/env bash
# Debian's docker-registry behind nginx with TLS, a password and a limit of 10 MB a request:
# n2c logs in, pushes a layer larger than that, and what arrives is whole. Nothing that is printed
# holds the password.
. "$(dirname "$0")/common.inc"
need nginx htpasswd openssl skopeo jq python3
start_docker_registry
make_image 1
cd "$work"
export HOME=$work XDG_CACHE_HOME=$work/cache XDG_RUNTIME_DIR=$work/run
unset DOCKER_CONFIG REGISTRY_AUTH_FILE XDG_CONFIG_HOME
password=c0rrect-horse-battery
: > said

openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost \
  -keyout key.pem -out cert.pem 2>openssl.log
htpasswd -Bbc htpasswd robot "$password" 2>htpasswd.log
port=$(free_port)
cat > nginx.conf <<CONF
daemon off; master_process off; pid $work/nginx.pid; error_log $work/nginx-error.log;
events {}
http {
  access_log off;
  client_body_temp_path $work/body; proxy_temp_path $work/proxied; fastcgi_temp_path $work/fastcgi;
  uwsgi_temp_path $work/uwsgi; scgi_temp_path $work/scgi;
  client_max_body_size 10m;
  server {
    listen 127.0.0.1:$port ssl;
    ssl_certificate $work/cert.pem; ssl_certificate_key $work/key.pem;
    location / {
      auth_basic registry; auth_basic_user_file $work/htpasswd;
      proxy_pass http://$registry; proxy_set_header Host localhost:$port;
      proxy_set_header X-Forwarded-Proto https; proxy_set_header Authorization "";
    }
  }
}
CONF
chmod 755 "$work"
[ "$(id -u)" != 0 ] || sed -i '1i user root;' nginx.conf
start nginx nginx -c "$work/nginx.conf"
front=localhost:$port
wait_for 20 curl -s --cacert cert.pem "https://$front/v2/"

fails_with() { # fails_with CODE WORDS COMMAND...
  local code=$1 words=$2 status=0
  shift 2
  "$@" >out 2>err || status=$?
  cat out err >> said
  [ "$status" = "$code" ] || { echo "  exit $status, not $code: $(cat err)"; return 1; }
  grep -q -- "$words" err || { echo "  said: $(cat err)"; return 1; }
}
succeeds() { "$@" >out 2>err || { cat out err >> said; cat err; return 1; }; cat out err >> said; }
push() { "$N2C" push image.json "$front/acme/app:1" --store-root "$work" --compression none "$@"; }
size=$(jq '.layers[0].size' image.json)
check "the layer is larger than nginx lets through" test "$size" -gt 10485760

check "a certificate that nobody vouches for is refused" fails_with 6 "certificate" \
  "$N2C" login "$front" -u robot --password-stdin --client-cert cert.pem --client-key key.pem < <(echo "$password")
check "a push without a login says how to log in" fails_with 4 "n2c login $front" push --ca-file cert.pem
check "a wrong password is refused" fails_with 4 "401" \
  "$N2C" login "$front" --ca-file cert.pem -u robot --password-stdin < <(echo wrong)
check "nothing was kept of it" test ! -e "$work/.docker/config.json"
check "the right password logs in" succeeds \
  "$N2C" login "$front" --ca-file cert.pem -u robot --password-stdin < <(echo "$password")
check "the login is for its owner alone" equal "$(stat -c %a "$work/.docker/config.json")" 600
check "the push goes through, in smaller requests" succeeds push --ca-file cert.pem --debug
check "the limit was met" grep -q ": 413\|413 " said

mkdir -p "certs/$front" && cp cert.pem "certs/$front/ca.crt"
check "skopeo fetches it with the same login" succeeds skopeo copy --insecure-policy --src-cert-dir "certs/$front" \
  --authfile "$work/.docker/config.json" "docker://$front/acme/app:1" dir:back
digest=$(jq -r '.layers[0].digest' image.json)
check "what arrived is whole" equal "$(sha256sum "back/${digest#sha256:}" | cut -d' ' -f1)" "${digest#sha256:}"
mkdir -p "$work/.config/containers/certs.d" && cp -r "certs/$front" "$work/.config/containers/certs.d/"
check "certificates are found in certs.d; a second push sends nothing" succeeds push
check "it says so" grep -q "0 sent" err
check "logging out works" succeeds "$N2C" logout "$front"
check "and pushing does not, after it" fails_with 4 "n2c login" push
for secret in "$password" "$(printf 'robot:%s' "$password" | base64)"; do
  check "the password was never printed" equal "$(grep -c -- "$secret" said || true)" 0
done
